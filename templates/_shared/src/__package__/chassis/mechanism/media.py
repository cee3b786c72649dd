"""Content inspection of files that clients sent: what they are is told by their bytes,
never by a name or by what the client said.

Decoders are what hostile files aim at. They run in a process of their own
(`media_worker.py`), with bounds and without this one's secrets; nothing here imports
them.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CLEAN, THUMBNAIL = "clean", "thumbnail"  # files in the folder of an inspection
SECONDS = 45  # of waiting; of computing it has 20 (`media_worker.py`)
HANDED_ON = ("LD_LIBRARY_PATH", "PATH", "TMPDIR")  # what an interpreter may need

log = logging.getLogger(__name__)


class Refused(Exception):
    """The file is not kept; `reason` is for the client: `is empty`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is.

    clean: what is to be kept in its place, of the same type: an image drawn anew,
    upright and without metadata. None: the file is kept as it is.
    thumbnail: of an image, 320 pixels at most, a WebP.
    """

    content_type: str
    clean: Path | None
    thumbnail: Path | None


def inspect(path: Path, accept: frozenset[str], folder: Path) -> Inspected:
    """Inspects the file at `path`; clean copy and thumbnail are written into `folder`.

    accept: the content types that may be. Blocks, for `SECONDS` at most: call it from a
    thread.

    Raises Refused, whatever the file does to its decoder; RuntimeError when the fault
    is not the file's, such as a decoder that is not installed.
    """
    if path.stat().st_size == 0:
        raise Refused("is empty")
    verdict, content_type = _ask_worker(path, accept, folder)
    if verdict != "is":
        raise Refused(content_type)
    if content_type not in accept:
        raise Refused("is of no type that is accepted here")
    if not content_type.startswith("image/"):
        return Inspected(content_type, None, None)
    return Inspected(content_type, folder / CLEAN, folder / THUMBNAIL)


def _ask_worker(path: Path, accept: frozenset[str], folder: Path) -> tuple[str, str]:
    # named, so that whoever packages this finds what it needs; its decoders stay out
    from . import media_worker

    # -P: what lies in the working directory is never imported
    command = [sys.executable, "-P", "-m", media_worker.__name__]
    try:
        ran = subprocess.run(  # this interpreter, and no shell
            [*command, path, folder, *sorted(accept)],
            capture_output=True,
            check=False,
            env={name: os.environ[name] for name in HANDED_ON if name in os.environ}
            | {"PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C says nothing of the file
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Refused("takes too long to check") from None
    if ran.returncode < 0 and -ran.returncode not in (signal.SIGINT, signal.SIGTERM):
        how = signal.Signals(-ran.returncode).name
        log.warning("the decoder of a file was ended by %s", how)
        raise Refused("takes too much to check")
    said = ran.stdout.decode("utf-8", "replace")
    verdict, _, rest = said.partition(" ")
    if ran.returncode or verdict not in ("is", "refused"):
        told = ran.stderr.decode("utf-8", "replace")
        raise RuntimeError(f"no file can be inspected: {told or said}")
    return verdict, rest
