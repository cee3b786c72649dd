"""Files in S3: clients send and get them there, by presigned forms and links."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from botocore import exceptions
from botocore.exceptions import ClientError

from .aws import client
from .errors import Unavailable
from .files import FORM_LIFETIME, LINK_LIFETIME, Form, Upload, Variant, disposition
from .s3_settings import S3Settings

INCOMING = "incoming/{}"
KEPT = "kept/{}/{}"
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")  # of other servers
CHUNK = 1_048_576  # bytes
T = TypeVar("T")


class S3Files:
    def __init__(self, settings: S3Settings, *, told: bool = True) -> None:
        self.told = told
        self._bucket = settings.files_bucket
        self._url = settings.files_endpoint

    async def form(self, upload: Upload) -> Form:
        """S3 takes it with this content type and so many bytes, and nothing else."""
        fields = {"Content-Type": upload.content_type, "success_action_status": "204"}
        conditions: list[Any] = [{name: fields[name]} for name in fields]
        conditions.append(["content-length-range", upload.size, upload.size])
        made = await asyncio.to_thread(
            self._signer.generate_presigned_post,
            Bucket=self._bucket,
            Key=INCOMING.format(upload.file_id),
            Fields=fields,
            Conditions=conditions,
            ExpiresIn=int(FORM_LIFETIME.total_seconds()),
        )
        return Form(made["url"], made["fields"])

    async def link(self, file_id: UUID, variant: Variant, content_type: str) -> str:
        asked = {
            "Bucket": self._bucket,
            "Key": KEPT.format(file_id, variant),
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition(content_type),
        }
        url: str = await asyncio.to_thread(
            self._signer.generate_presigned_url,
            "get_object",
            Params=asked,
            ExpiresIn=int(LINK_LIFETIME.total_seconds()),
        )
        return url

    async def fetch(self, file_id: UUID, size: int, folder: Path) -> Path | None:
        return await _asked(partial(self._fetch, file_id, size, folder / "arrived"))

    async def has_arrived(self, file_id: UUID) -> bool:
        try:
            await self._call("head_object", Key=INCOMING.format(file_id))
        except ClientError as error:
            if _status(error) == 404:
                return False
            raise
        return True

    async def arrivals(self, after: str) -> list[str]:
        """The keys of what has arrived and is not discarded, at most 1,000 of those
        that follow this one.
        """
        found = await self._call(
            "list_objects_v2", Prefix=INCOMING.format(""), StartAfter=after
        )
        return [each["Key"] for each in found.get("Contents", [])]

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

    def _fetch(self, file_id: UUID, size: int, path: Path) -> Path | None:
        try:
            found = self._s3.get_object(
                Bucket=self._bucket, Key=INCOMING.format(file_id)
            )
        except self._s3.exceptions.NoSuchKey:
            return None
        with path.open("wb") as file:
            for chunk in found["Body"].iter_chunks(CHUNK):
                file.write(chunk)
                if file.tell() > size:
                    break
        found["Body"].close()
        return path

    async def _call(self, operation: str, **asked: Any) -> Any:
        return await _asked(
            partial(getattr(self._s3, operation), Bucket=self._bucket, **asked)
        )

    @cached_property
    def _s3(self) -> Any:
        retries = {"mode": "standard", "total_max_attempts": 2}
        return client(
            "s3",
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=20,
            retries=retries,
        )

    @cached_property
    def _signer(self) -> Any:
        """Signs for the address that clients reach: a link holds for that alone. Of AWS
        it names the region: the address of all regions does not know new buckets.
        """
        other = self._url or any(os.environ.get(name) for name in ENDPOINTS)
        style = {"addressing_style": "path" if other else "virtual"}
        return client("s3", self._url or None, signature_version="s3v4", s3=style)


async def _asked(call: Callable[[], T]) -> T:
    """(Unavailable: nobody answers, or has a fault of its own.)"""
    try:
        return await asyncio.to_thread(call)
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        raise Unavailable("The store of files does not answer") from error
    except ClientError as error:
        if _status(error) >= 500:
            raise Unavailable("The store of files has a fault") from error
        raise


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
