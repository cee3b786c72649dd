"""Asks a side, which is a process in the checkout that knows its rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

DEPLOY = Path(__file__).resolve().parent.parent


class Wrong(Exception):
    """What a side says is wrong."""


class Asked:
    def __init__(
        self, kind: str, folder: Path, package: str, modules: Sequence[str]
    ) -> None:
        """`folder`: of the checkout; its own environment runs it, where it has one."""
        own = folder / ".venv/bin/python"
        self._process = subprocess.Popen(
            [
                str(own.absolute()) if own.exists() else sys.executable,
                *("-m", "carrying.side", kind, package, *modules),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{folder.resolve() / 'src'}:{DEPLOY}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is heard by whoever asks
            close_fds=False,  # the lock of whoever carries
        )

    def start(self, do: str, **what: Any) -> None:
        """Asks; `answer` is to follow."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe, as it was asked for
        try:
            self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Wrong("it has ended, and says why above") from error

    def answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101 - a pipe, as it was asked for
        line = self._process.stdout.readline()
        if not line:
            raise Wrong("it has ended, and says why above")
        told = json.loads(line)
        if "wrong" in told:
            raise Wrong(told["wrong"])
        return told["is"]

    def ask(self, do: str, **what: Any) -> Any:
        """What it answers (Wrong)."""
        self.start(do, **what)
        return self.answer()

    def __enter__(self) -> Asked:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()
