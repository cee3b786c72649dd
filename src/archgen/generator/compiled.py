"""Compiled templates, kept between calls: compiling them is most of what a rendering
costs.

What is kept is looked up by the template's place and used only while its text is the
same, so it changes no byte; where it cannot be kept, or is damaged, templates are
compiled again.
"""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from archgen import __version__


class Compiled(FileSystemBytecodeCache):
    """In the user's folder for caches; never an error."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except OSError:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        try:
            super().dump_bytecode(bucket)
        except OSError:
            pass  # a full disk, or one that only reads


def compiled() -> Compiled | None:
    """None where there is no place for it."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(home, "archgen", f"templates-{__version__}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return Compiled(str(folder))
