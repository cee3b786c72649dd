"""A file that somebody brings along, as bytes: of a bounded size, and with an error
that says what would do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archgen.errors import InputError, Mistake

if TYPE_CHECKING:
    from pathlib import Path


def read_source(
    path: Path,
    name: str,
    *,
    most: int,
    wanted: str,
    because: str = "",
    hint: str | None = None,
) -> bytes:
    """Its content (InputError: there is none, or it has more than `most` bytes).

    `wanted`: what to give in place of a folder. `because`, `hint`: what is said of a
    file that is too large.
    """
    try:
        if path.is_dir():
            raise InputError([Mistake(name, "is a folder", f"give {wanted}")])
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(
            [Mistake(name, f"cannot be read: {error.strerror}", "check the path")]
        ) from None
    if len(content) > most:
        raise InputError(
            [Mistake(name, f"has more than {most // 2**20} MiB{because}", hint)]
        )
    return content
