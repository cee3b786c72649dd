"""A session of psql within a container of PostgreSQL, as its superuser.

It ends with this process, whatever ends that: PostgreSQL then takes back what was not
committed.
"""

from __future__ import annotations

import secrets
import subprocess
from types import TracebackType

PSQL = 'export PGPASSWORD="$POSTGRES_PASSWORD"; exec psql --no-psqlrc --quiet --no-align --tuples-only --username "${POSTGRES_USER:=postgres}" --dbname "$0" 2>&1'


class Failed(Exception):
    """What PostgreSQL says is wrong."""


class Session:
    def __init__(self, server: str, database: str) -> None:
        """`server`: its container."""
        self._command = ("docker", "exec", "-i", server, "sh", "-c", PSQL, database)
        self._open()

    def _open(self) -> None:
        self._psql = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is heard by whoever asks
            close_fds=False,  # the lock of whoever moves
        )
        self._mark = ""
        try:
            self._begin()
        except Failed:
            self.close()
            raise

    def renew(self) -> None:
        """Another one where PostgreSQL has ended this (Failed: it is not back yet)."""
        try:
            self.ask("SELECT 1")
        except Failed:
            self.close()
            self._open()

    def start(self, sql: str) -> None:
        """Asks; `answer` is to follow."""
        self._mark = secrets.token_hex(8)
        assert self._psql.stdin is not None  # noqa: S101 - a pipe, as it was asked for
        try:
            self._psql.stdin.write(f"{sql}\n;\n\\echo {self._mark}\n")
            self._psql.stdin.flush()
        except (
            OSError,
            ValueError,
        ) as error:  # or it was closed, and could not be renewed
            raise Failed("psql has ended") from error

    def answer(self) -> list[str]:
        """A line for each row, its columns with `|` between (Failed)."""
        assert self._psql.stdout is not None  # noqa: S101 - a pipe, as it was asked for
        lines: list[str] = []
        for line in self._psql.stdout:
            if line.rstrip("\n") == self._mark:
                break
            lines.append(line.rstrip("\n"))
        else:
            raise Failed("\n".join(lines) or "psql has ended")
        if wrong := [
            line for line in lines if line.startswith(("ERROR:  ", "FATAL:  "))
        ]:
            self._mark = ""
            raise Failed(wrong[0])
        return lines

    def ask(self, sql: str) -> list[str]:
        """Statements, with `;` between them, and what the last ones answer (Failed).

        Those of a transaction stand between BEGIN and COMMIT: when one of them fails
        nothing is done.
        """
        self.start(sql)
        try:
            return self.answer()
        except Failed:
            if "BEGIN" in sql:
                self.start("ROLLBACK")
                self.answer()
            raise

    def close(self) -> None:
        self._psql.communicate()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self) -> None:
        self.ask(
            "SET search_path = pg_catalog; SET timezone = 'UTC'; SET client_min_messages = error"
        )


def literal(text: str) -> str:
    """As a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def name(*parts: str) -> str:
    """As a name of SQL, in a schema where there are two."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
