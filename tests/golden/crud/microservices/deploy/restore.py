"""The database of a part as a backup has it: `make restore PART=... FILE=backups/...`.

It is read into a database beside the present one, so that a broken file changes
nothing, and takes its place while the part is stopped. The step before the part then
brings older tables up to date.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMPOSE = ("docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml")
POSTGRES = (*COMPOSE, "exec", "-T", "postgres")
SQL = (
    *POSTGRES,
    "psql",
    "--quiet",
    "--username",
    "app",
    "--dbname",
    "postgres",
    "--set",
    "ON_ERROR_STOP=1",
)


def sql(*statements: str) -> None:
    subprocess.run(
        [*SQL, *(f"--command={statement}" for statement in statements)], check=True
    )


def main(part: str, backup: Path) -> None:
    if part not in (
        "accounts",
        "items",
    ):
        sys.exit(f"There is no database of a part {part}")
    if not backup.is_file():
        sys.exit(f"There is no file {backup}; the database is as it was")
    sql("DROP DATABASE IF EXISTS restoring", "CREATE DATABASE restoring OWNER app")
    with backup.open("rb") as file:
        read = (
            "pg_restore",
            "--username",
            "app",
            "--dbname",
            "restoring",
            "--no-owner",
            "--exit-on-error",
        )
        if subprocess.run([*POSTGRES, *read], stdin=file, check=False).returncode != 0:
            sql("DROP DATABASE restoring")
            sys.exit(f"{backup} could not be read; the database is as it was")
    server = part.replace("_", "-")
    subprocess.run([*COMPOSE, "stop", server, f"{server}-worker"], check=True)
    sql(
        f'DROP DATABASE "{part}" WITH (FORCE)',
        f'ALTER DATABASE restoring RENAME TO "{part}"',
    )
    # what the cache knows is of the database that was
    subprocess.run(
        [*COMPOSE, "exec", "-T", "valkey", "valkey-cli", "flushall"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run([*COMPOSE, "up", "--detach", "--no-build", "--wait"], check=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).expanduser())
