"""Transfer of files over HTTP where this application keeps them: multipart uploads are
streamed to disk, downloads come from there.

It stands before the rest of the application, whose limit on bodies is not for files:
each upload has the limit that its form was signed for, and nothing else passes here.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import parse_qs
from uuid import UUID

from python_multipart.multipart import MultipartParser, parse_options_header
from python_multipart.exceptions import FormParserError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import Conflict, Problem, ValidationFailed
from .files import disposition
from .folder_files import FolderFiles
from .http import problem

ID = r"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}"
PLACE = re.compile(
    rf"/api/files/(?P<id>{ID})/(?:upload|(?P<variant>original|thumbnail)/"
    r"(?P<type>[a-z]+/[a-z0-9.+-]+))"
)
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


class FileTransfer:
    def __init__(self, app: ASGIApp, store: FolderFiles, receiver: Receiver) -> None:
        self._app = app
        self._store = store
        self._receiver = receiver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = None
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            place = PLACE.fullmatch(path)
        if place is None:
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        try:
            answer = await self._answer(request, place)
        except Problem as error:
            answer = problem(
                error.status, error.title, error.detail, headers=error.headers
            )
        except ClientDisconnect:
            return None  # nobody is there to be answered
        return await answer(scope, receive, send)

    async def _answer(self, request: Request, place: re.Match[str]) -> Response:
        file_id = UUID(place["id"])
        if place["variant"] is None:
            if request.method != "POST":
                return _not_so("POST")
            return await self._upload(request, file_id)
        if request.method != "GET":
            return _not_so("GET, HEAD")
        return self._download(request, place)

    async def _upload(self, request: Request, file_id: UUID) -> Response:
        form = MultipartForm(request)
        upload = self._store.signer.upload(await form.fields())
        if upload.file_id != file_id:
            raise NoFile("This form is for another file")
        if not await self._receiver.expects(file_id):
            raise Conflict("This form was used before")
        await self._store.receive(upload, form.file())
        await self._receiver.arrived(file_id)
        return Response(status_code=204)

    def _download(self, request: Request, place: re.Match[str]) -> Response:
        query = parse_qs(request.url.query)
        expires, signature = (
            query.get(name, [""])[0] for name in ("expires", "signature")
        )
        left = self._store.signer.check_link(place[0], expires, signature)
        path = self._store.path(UUID(place["id"]), place["variant"])
        if not path.exists():
            raise NoFile("The file is gone")
        headers = {**SAFE, "Cache-Control": f"private, max-age={left}"}
        return FileResponse(
            path,
            headers=headers,
            media_type=place["type"],
            filename=place["id"],
            content_disposition_type=disposition(place["type"]),
        )


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


def _not_so(allowed: str) -> Response:
    return problem(
        405, "Method Not Allowed", "Not with this method", headers={"Allow": allowed}
    )
