"""Files, the port of object storage: forms by which clients upload, links by which they
download.

Adapter: `folder_files.py` or `s3_files.py`, whichever is here. What arrives is kept
apart until somebody has looked at it (`keep`), and nothing links to it before that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol
from uuid import UUID

Variant = Literal["original", "thumbnail"]
THUMBNAIL_TYPE = "image/webp"
FORM_LIFETIME = timedelta(minutes=15)  # in which an upload has to begin
LINK_LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form lets its holder send, once: `size` bytes, no more and no fewer."""

    file_id: UUID
    content_type: str
    size: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class Form:
    """Where a multipart POST goes, and the fields that come before its `file`."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


class FileStore(Protocol):
    """URLs are absolute, or begin with a slash where this API serves them itself.

    `told`: whether somebody is told of what arrives; if not, it has to be looked for.
    """

    @property
    def told(self) -> bool: ...

    async def form(self, upload: Upload) -> Form: ...

    async def link(self, file_id: UUID, variant: Variant, content_type: str) -> str:
        """Good for LINK_LIFETIME; what is not an image is downloaded, never shown."""

    async def fetch(self, file_id: UUID, size: int, folder: Path) -> Path | None:
        """What arrived, as a file to read (None: nothing did); of one that has more than
        `size` bytes no more than shows it.
        """

    async def has_arrived(self, file_id: UUID) -> bool: ...

    async def keep(
        self, file_id: UUID, variant: Variant, path: Path, content_type: str
    ) -> None:
        """Puts a file where links lead; again, it replaces what was there."""

    async def discard(self, file_id: UUID) -> None:
        """What arrived is gone, whether it was kept or not."""

    async def delete(self, file_id: UUID) -> None:
        """All of it is gone, also if some of it was already."""


def disposition(content_type: str) -> str:
    """How a browser treats it: only images are shown."""
    return "inline" if content_type.startswith("image/") else "attachment"
