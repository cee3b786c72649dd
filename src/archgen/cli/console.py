"""Printing: data to stdout, messages to stderr, and nothing that needs colour to be
understood.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any

from archgen.errors import ArchgenError, InputError

if TYPE_CHECKING:
    from rich.console import Console


def complain(error: ArchgenError) -> None:
    """An error: each mistake on a line of its own, with its hint below."""
    if isinstance(error, InputError):
        for mistake in error.mistakes:
            _error(
                f"{mistake.where}: {mistake.message}"
                if mistake.where
                else mistake.message,
                mistake.hint,
            )
    else:
        _error(error.message, error.hint)


def _error(message: str, hint: str | None) -> None:
    note(f"error: {message}")
    if hint:
        note(f"hint: {hint}")


def note(message: str) -> None:
    """A message for people, on stderr."""
    print(message, file=sys.stderr, flush=True)


def say(message: str) -> None:
    """A message that holds nothing to be copied, such as a command or a path: a
    terminal gets it broken between words.
    """
    note(
        fill(message, get_terminal_size().columns, break_on_hyphens=False)
        if sys.stderr.isatty()
        else message
    )


def warn(message: str) -> None:
    """A message that is long, and holds no command."""
    say(f"warning: {message}")


def print_json(document: Any) -> None:
    """The one document that `--json` promises."""
    print(json.dumps(document, indent=2))


def utf8_on_stdout() -> None:
    """For a document that says so itself, whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def on_stdout() -> Console:
    """A console for what is printed as data; rich itself keeps to NO_COLOR, TERM and
    the width.
    """
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False)
    if console.width < 1:  # COLUMNS=0, where nobody knows
        console.width = 80
    return console


@contextmanager
def steps(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Tell of long work on stderr: a spinner where that is a terminal, else a line a
    step.
    """
    if quiet:
        yield lambda step: None
        return
    if not sys.stderr.isatty():
        yield lambda step: note(f"{step}...")
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("Starting") as status:
        yield lambda step: status.update(step)


def size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"
