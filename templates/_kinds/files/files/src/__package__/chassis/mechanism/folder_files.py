"""Files in a folder, served by this application itself (`file_transfer.py`).

What arrives is written beside and renamed when it is whole, so nobody sees half of it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from .entity import now
from .errors import Conflict, Problem, ValidationFailed
from .files import LINK_LIFETIME, Form, Upload, Variant
from .signed_forms import FormSigner

UPLOAD = "/api/files/{}/upload"
CONTENT = "/api/files/{}/{}/{}"  # the content type is part of what is signed


class TooLarge(Problem):
    status = 413
    title = "Content Too Large"


class FolderFiles:
    told = True  # by the route that takes it

    def __init__(self, folder: Path) -> None:
        self._incoming = folder / "incoming"
        self._kept = folder / "kept"
        for place in (self._incoming, self._kept):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        self.signer = FormSigner.at(folder / "signing.key")

    async def form(self, upload: Upload) -> Form:
        return Form(UPLOAD.format(upload.file_id), self.signer.fields(upload))

    async def link(self, file_id: UUID, variant: Variant, content_type: str) -> str:
        path = CONTENT.format(file_id, variant, content_type)
        return self.signer.sign_link(path, now() + LINK_LIFETIME)

    async def receive(self, upload: Upload, chunks: AsyncIterator[bytes]) -> None:
        """Writes what comes as it comes, and no byte more than it may have (TooLarge,
        ValidationFailed: too small, Conflict: it is here already).
        """
        part = self._incoming / f"{upload.file_id}.{uuid4().hex}.part"
        left = upload.size
        file = await asyncio.to_thread(part.open, "xb")
        try:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise TooLarge(f"It was announced to have {upload.size} bytes")
                await asyncio.to_thread(file.write, chunk)
            if left:
                raise ValidationFailed(f"It has {left} bytes fewer than were announced")
            await asyncio.to_thread(_close, file)
            await asyncio.to_thread(os.link, part, self._arrived(upload.file_id))
        except FileExistsError:
            raise Conflict("This form was used before") from None
        finally:
            file.close()
            part.unlink(missing_ok=True)

    def path(self, file_id: UUID, variant: str) -> Path:
        """Where a file is kept, if it is."""
        return self._kept / f"{file_id}.{variant}"

    async def fetch(self, file_id: UUID, size: int, folder: Path) -> Path | None:
        arrived = self._arrived(file_id)
        return arrived if arrived.exists() else None

    async def has_arrived(self, file_id: UUID) -> bool:
        return self._arrived(file_id).exists()

    async def keep(
        self, file_id: UUID, variant: Variant, path: Path, content_type: str
    ) -> None:
        part = self._kept / f"{file_id}.{uuid4().hex}.part"
        await asyncio.to_thread(shutil.copyfile, path, part)
        part.replace(self.path(file_id, variant))

    async def discard(self, file_id: UUID) -> None:
        self._arrived(file_id).unlink(missing_ok=True)

    async def delete(self, file_id: UUID) -> None:
        for variant in ("original", "thumbnail"):
            self.path(file_id, variant).unlink(missing_ok=True)
        await self.discard(file_id)

    def _sweep(self) -> None:
        """Parts that a copy left which died while it wrote."""
        old = now().timestamp() - 86_400
        for place in (self._incoming, self._kept):
            for part in place.glob("*.part"):
                if part.stat().st_mtime < old:
                    part.unlink(missing_ok=True)

    def _arrived(self, file_id: UUID) -> Path:
        return self._incoming / str(file_id)


def _close(file: BinaryIO) -> None:
    """On the disk, whatever happens to the machine."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
