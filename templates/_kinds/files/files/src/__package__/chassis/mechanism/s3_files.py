"""Files in S3: clients send and get them there, by presigned forms and links."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from .aws import client
from .files import FORM_LIFETIME, LINK_LIFETIME, Form, Upload, Variant, disposition
from .s3_settings import S3Settings

INCOMING = "incoming/{}"
KEPT = "kept/{}/{}"
CHUNK = 1_048_576  # bytes


class S3Files:
    def __init__(self, settings: S3Settings) -> None:
        self._bucket = settings.files_bucket
        self._url = settings.files_url

    async def form(self, upload: Upload) -> Form:
        """S3 takes it with this content type and so many bytes, and nothing else."""
        fields = {"Content-Type": upload.content_type, "success_action_status": "204"}
        conditions: list[Any] = [{name: fields[name]} for name in fields]
        conditions.append(["content-length-range", upload.size, upload.size])
        made = await self._call(
            "generate_presigned_post",
            Key=INCOMING.format(upload.file_id),
            Fields=fields,
            Conditions=conditions,
            ExpiresIn=int(FORM_LIFETIME.total_seconds()),
        )
        return Form(self._from_outside(made["url"]), made["fields"])

    async def link(self, file_id: UUID, variant: Variant, content_type: str) -> str:
        asked = {
            "Bucket": self._bucket,
            "Key": KEPT.format(file_id, variant),
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition(content_type),
        }
        url: str = await asyncio.to_thread(
            self._s3.generate_presigned_url,
            "get_object",
            Params=asked,
            ExpiresIn=int(LINK_LIFETIME.total_seconds()),
        )
        return self._from_outside(url)

    async def fetch(self, file_id: UUID, folder: Path) -> Path | None:
        return await asyncio.to_thread(self._fetch, file_id, folder / "arrived")

    async def has_arrived(self, file_id: UUID) -> bool:
        try:
            await self._call("head_object", Key=INCOMING.format(file_id))
        except self._s3.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    async def keep(
        self, file_id: UUID, variant: Variant, path: Path, content_type: str
    ) -> None:
        with path.open("rb") as body:
            await self._call(
                "put_object",
                Key=KEPT.format(file_id, variant),
                Body=body,
                ContentType=content_type,
                ContentDisposition=disposition(content_type),
            )

    async def discard(self, file_id: UUID) -> None:
        await self._call("delete_object", Key=INCOMING.format(file_id))

    async def delete(self, file_id: UUID) -> None:
        for variant in ("original", "thumbnail"):
            await self._call("delete_object", Key=KEPT.format(file_id, variant))
        await self.discard(file_id)

    def _fetch(self, file_id: UUID, path: Path) -> Path | None:
        try:
            found = self._s3.get_object(
                Bucket=self._bucket, Key=INCOMING.format(file_id)
            )
        except self._s3.exceptions.NoSuchKey:
            return None
        with path.open("wb") as file:
            for chunk in found["Body"].iter_chunks(CHUNK):
                file.write(chunk)
        return path

    async def _call(self, operation: str, **asked: Any) -> Any:
        call = partial(getattr(self._s3, operation), Bucket=self._bucket, **asked)
        return await asyncio.to_thread(call)

    @cached_property
    def _s3(self) -> Any:
        if self._url:
            return client(
                "s3", signature_version="s3v4", s3={"addressing_style": "path"}
            )
        return client("s3", signature_version="s3v4")

    def _from_outside(self, url: str) -> str:
        if not self._url:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._url}{parts.path}{query}"
