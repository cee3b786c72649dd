"""Content inspection of files that clients sent: what they are is told by their bytes,
never by a name or by what the client said.

Nothing here imports a decoder: they run in a process of their own (`media_worker.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

THUMBNAIL_TYPE = "image/webp"


class Refused(Exception):
    """The file is not kept; `reason` is for the client: `is empty`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is.

    clean: what is to be kept in its place, of the same type: an image drawn anew, upright
    and without metadata. None: the file is kept as it is.
    thumbnail: of an image, 320 pixels at most, of type `THUMBNAIL_TYPE`.
    """

    content_type: str
    clean: Path | None
    thumbnail: Path | None


def inspect(path: Path, accept: frozenset[str], folder: Path) -> Inspected:
    """Inspects the file at `path`; clean copy and thumbnail are written into `folder`.

    accept: the content types that may be, of those that archgen offers. Blocks for up to
    a minute: call it from a thread.

    Raises Refused, whatever the file does to its decoder.
    """
    raise NotImplementedError
