"""A terminal with a person before it: a process on a pty of 24 lines, read and typed
to.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

UP, DOWN, ENTER, CTRL_C, CTRL_U, ESCAPE = (
    "\x1b[A",
    "\x1b[B",
    "\r",
    "\x03",
    "\x15",
    "\x1b",
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]")


class Terminal:
    """A command that runs on a pty; `seen` is all that it has printed, without escape
    sequences.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        columns: int,
    ) -> None:
        self.columns = columns
        self.main, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        inherited = {
            key: value
            for key, value in os.environ.items()
            if key not in ("COLUMNS", "LINES")
        }
        self.process = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=folder,
            env={**inherited, "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
            preexec_fn=_control,
        )
        os.close(child)
        self.raw = ""
        self.read_to = 0

    @property
    def seen(self) -> str:
        return _ESCAPES.sub("", self.raw).replace("\r", "")

    @property
    def shown(self) -> list[str]:
        """The lines of the screen as it stands, without empty ones."""
        screen = pyte.Screen(self.columns, 24)
        pyte.Stream(screen).feed(self.raw)
        return [line.rstrip() for line in screen.display if line.strip()]

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """What was printed up to `text`, since the last time."""
        end = time.monotonic() + seconds
        while text not in self.seen[self.read_to :]:
            if time.monotonic() > end or not self._read(1):
                raise AssertionError(
                    f"{text!r} did not appear in:\n{self.seen[self.read_to :]}"
                )
        start = self.read_to
        self.read_to = self.seen.index(text, start) + len(text)
        return self.seen[start : self.read_to]

    def type(self, keys: str) -> None:
        os.write(self.main, keys.encode())

    def finish(self, seconds: float = 60) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + seconds
        while self._read(1) and time.monotonic() < end:
            pass
        return self.process.wait(seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.main)

    def _read(self, seconds: float) -> bool:
        """Read what is there; False at the end."""
        if not select.select([self.main], [], [], seconds)[0]:
            return self.process.poll() is None
        try:
            data = os.read(self.main, 65536)
        except OSError:  # the last process on the other side has gone
            return False
        self.raw += data.decode(errors="replace")
        return bool(data)


def _control() -> None:
    """Make the pty the process's own terminal, so that Ctrl-C there is a signal here."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
