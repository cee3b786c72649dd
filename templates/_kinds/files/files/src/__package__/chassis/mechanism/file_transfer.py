"""Transfer of files over HTTP where this application keeps them: multipart uploads are
streamed to disk, downloads come from there.

The limit on bodies of the application is not for uploads: each has the limit that its
form was signed for, and is read no further.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Protocol
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from .errors import Conflict, Forbidden, Problem, ValidationFailed
from .files import disposition
from .folder_files import CONTENT, FolderFiles
from .rest import tags

MAX_FIELDS = 16  # of a form
MAX_FIELD_BYTES = 4096
# nothing in it runs, is framed or is taken for something else, wherever it is opened
SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class NoFile(Problem):
    status = 404
    title = "Not Found"


class Receiver(Protocol):
    """Whose files they are."""

    async def expects(self, file_id: UUID) -> bool: ...

    async def arrived(self, file_id: UUID) -> None: ...


def file_transfer(store: FolderFiles, receiver: Receiver) -> APIRouter:
    """The routes that forms and links lead to, which no document describes."""
    router = APIRouter(prefix="/api/files", include_in_schema=False)

    @router.post("/{file_id:uuid}/upload")
    async def upload(file_id: UUID, request: Request) -> Response:
        form = MultipartForm(Request(request.scope, request.scope["unbounded"]))
        allowed = store.signer.upload(await form.fields())
        if allowed.file_id != file_id:
            raise Forbidden("This form is for another file")
        if not await receiver.expects(file_id):
            raise Conflict("This form was used before")
        await store.receive(allowed, form.file())
        await receiver.arrived(file_id)
        return Response(status_code=204)

    @router.get("/{file_id:uuid}/{variant}/{kind}/{subtype}")
    async def content(
        file_id: UUID, variant: str, kind: str, subtype: str, request: Request
    ) -> Response:
        content_type = f"{kind}/{subtype}"
        signed = CONTENT.format(file_id, variant, content_type)
        expires, signature = map(request.query_params.get, ("expires", "signature"))
        left = store.signer.check_link(signed, expires or "", signature or "")
        path = store.path(file_id, variant)
        if not path.exists():
            raise NoFile("The file is gone")
        # what is kept is never changed, so its name says which it is, in every copy
        tag = f'"{file_id}.{variant}"'
        cached = {"Cache-Control": f"private, max-age={left}", "ETag": tag}
        if {tag, "*"} & set(tags(request, "if-none-match")):
            return Response(status_code=304, headers=cached)
        headers = {**SAFE, **cached}
        _ignore_odd_ranges(request.scope)
        return FileResponse(
            path,
            headers=headers,
            media_type=content_type,
            filename=str(file_id),
            content_disposition_type=disposition(content_type),
        )

    return router


def _ignore_odd_ranges(scope: Scope) -> None:
    """What is not one range of bytes is as if it was not asked for (RFC 9110, 14.2), as
    with S3; many small ones cost more than the file.
    """
    asked = Headers(scope=scope).get("range", "")
    found = re.fullmatch("bytes=([0-9]{0,18})-([0-9]{0,18})", asked)
    first, last = found.groups() if found else ("", "")
    if not (first or last) or (first and last and int(first) > int(last)):
        scope["headers"] = [kept for kept in scope["headers"] if kept[0] != b"range"]


class MultipartForm:
    """A multipart body that is read as it comes: first its fields, then its file; what
    follows that is not looked at, as on S3. What the file is called is not, either.
    """

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise ValidationFailed("A file is sent as multipart/form-data")
        self._fields: dict[str, str] = {}
        self._found: list[bytes] = []  # of the file, and not given on yet
        self._header = [b"", b""]
        self._named = b""
        self._value = b""
        self._state = ""  # of the file: begun, ended
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_header_begin": self._header_begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                },
            )
        except FormParserError as error:
            raise ValidationFailed(f"Not a form: {error}") from error
        self._stream = request.stream()

    async def fields(self) -> dict[str, str]:
        """What comes before the file."""
        while not self._state:
            if not await self._read():
                raise ValidationFailed("The form has no file")
        return self._fields

    async def file(self) -> AsyncIterator[bytes]:
        while True:
            found, self._found = self._found, []
            if found:
                yield b"".join(found)
            if self._state == "ended":
                return
            if not await self._read():
                raise ValidationFailed("The form ends within the file")

    async def _read(self) -> bool:
        """Reads on; whether there was anything."""
        try:
            async for chunk in self._stream:
                self._parser.write(chunk)
                return True
        except FormParserError as error:
            raise ValidationFailed(f"Not a form: {error}") from error
        except ClientDisconnect:  # nobody is there to be answered
            raise ValidationFailed("The form ends within the file") from None
        return False

    def _begin(self) -> None:
        self._named = self._value = b""

    def _header_begin(self) -> None:
        self._header = [b"", b""]

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _header_end(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition" and not self._state:
            _, options = parse_options_header(value)
            self._named = options.get(b"name", b"")
            if self._named == b"file":
                self._state = "begun"

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._state == "begun":
            self._found.append(data[start:end])
        elif not self._state:
            self._value += data[start:end]
            if len(self._value) > MAX_FIELD_BYTES or len(self._fields) >= MAX_FIELDS:
                raise ValidationFailed("A form has few fields, and short ones")

    def _end(self) -> None:
        if self._state == "begun":
            self._state = "ended"
        elif not self._state:
            name = self._named.decode(errors="replace")
            self._fields[name] = self._value.decode(errors="replace")
