"""Files that rows have to have: announced and uploaded before them, as clients do."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from base64 import b64decode
from dataclasses import KW_ONLY, dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

from tests.load.shapes import Sent

FILES = 30
SAMPLES = {
    "image/png": b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGPUiFrAgA0wYRUdtBIA5twBMgfaHJQAAAAASUVORK5CYII="
    ),
    "image/gif": b64decode(
        "R0lGODdhCAAIAIEAAChaoAAAAAAAAAAAACwAAAAACAAIAAAIDwABCBxIsKDBgwgTKkwYEAA7"
    ),
    "image/webp": b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvB8ABAAdQraIUtP+BiOh/AAA="),
    "text/plain": b"A few words.\n",
    "text/csv": b"one,two\n1,2\n",
}


@dataclass(frozen=True)
class File(Sent):
    """`place`: module.entity.field; `accept`: content types, of which one is taken that there is a sample of."""

    _: KW_ONLY
    place: str
    accept: tuple[str, ...]

    @property
    def room(self) -> int:
        """Few, as each is looked at."""
        return FILES

    def send(self, site: Any, who: int, key: str) -> str:
        """The id of a file of somebody's own; where there is no sample, it is announced and never comes."""
        kind = next((kind for kind in self.accept if kind in SAMPLES), self.accept[0])
        data = SAMPLES.get(kind, b"?")
        body = {"for": self.place, "content_type": kind, "size": len(data)}
        status, made = site.ask("POST", "/api/files", body, who, key)
        if status == 404:  # what was made under that key is gone
            status, made = site.ask("POST", "/api/files", body, who)
        if status != 201:
            sys.exit(f"POST /api/files: {status} {made}")
        if kind in SAMPLES:
            form = made["upload"]
            _post(urljoin(site.url, form["url"]), form["fields"], data)
        return str(made["id"])


def _post(url: str, fields: dict[str, str], data: bytes) -> None:
    boundary = uuid4().hex
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts.append(('name="file"; filename="sample"', data))
    form = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode()
        + value
        + b"\r\n"
        for name, value in parts
    )
    form += f"--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(url, form, headers)  # noqa: S310 - our own
    try:
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - our own
    except urllib.error.HTTPError as error:
        if error.code != 409:  # it is there already
            raise
