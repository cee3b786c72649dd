"""Settings of files: where they are kept."""

from __future__ import annotations

from pathlib import Path

from .settings import CoreSettings


class FileSettings(CoreSettings):
    # shared by every copy, on one disk: files, and the key that signs forms and links
    files_folder: Path = Path(".data/files")
