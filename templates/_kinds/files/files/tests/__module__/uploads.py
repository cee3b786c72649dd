"""What uploads files as a client does, and files to upload."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx2 as httpx
from PIL import Image

from tests.api import Api, eventually

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
}


def sample(content_type: str) -> bytes:
    """A small file of this type, like no other."""
    mark = uuid4()
    if content_type in FORMATS:
        drawn = BytesIO()
        colour = (mark.bytes[0], mark.bytes[1], mark.bytes[2])
        Image.new("RGB", (48, 32), colour).save(drawn, FORMATS[content_type])
        return drawn.getvalue()
    if content_type == "application/pdf":
        return _pdf(str(mark))
    return f"one,two\n{mark},2\n".encode()


def announce(api: Api, field: str, content_type: str, size: int) -> dict[str, Any]:
    """The file's id, and the form that uploads it."""
    body = {"for": field, "content_type": content_type, "size": size}
    return api.create("/api/files", body)


def send(api: Api, form: Mapping[str, Any], data: bytes) -> httpx.Response:
    """A multipart POST, as the form says."""
    files = {"file": ("../../etc/passwd", data, form["fields"].get("Content-Type"))}
    return api.http.post(form["url"], data=form["fields"], files=files)


def upload(api: Api, field: str, content_type: str, data: bytes) -> str:
    """Uploads a file, and waits until somebody has looked at it; gives its id."""
    announced = announce(api, field, content_type, len(data))
    answer = send(api, announced["upload"], data)
    assert answer.status_code == 204, answer.text
    settled(api, announced["id"])
    return str(announced["id"])


def settled(api: Api, file_id: str) -> dict[str, Any]:
    """The file, once it is ready or rejected."""
    return eventually(
        lambda: shown(api, file_id), lambda file: file["status"] != "pending"
    )


def shown(api: Api, file_id: str) -> dict[str, Any]:
    answer = api.get(f"/api/files/{file_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _pdf(mark: str) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
    ]
    document = b"%PDF-1.4\n%" + mark.encode() + b"\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return document + trailer % (len(objects) + 1, start)
