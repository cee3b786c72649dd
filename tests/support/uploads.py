"""Files as a client sends them: announced, sent by the form, looked at."""

from __future__ import annotations

import io
import os
from typing import Any

import httpx2 as httpx
from PIL import Image
from tests.support.projects import PATIENCE, until


def noise(side: int) -> bytes:
    """A PNG that nothing makes smaller."""
    drawn = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(drawn, "PNG")
    return drawn.getvalue()


def announced(client: httpx.Client, field: str, size: int) -> dict[str, Any]:
    answer = client.post(
        "/api/files", json={"for": field, "content_type": "image/png", "size": size}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def sent(client: httpx.Client, made: dict[str, Any], data: bytes) -> int:
    form = made["upload"]
    return client.post(
        form["url"], data=form["fields"], files={"file": ("a.png", data, "image/png")}
    ).status_code


def ready(client: httpx.Client, file_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def settled() -> bool:
        seen.update(client.get(f"/api/files/{file_id}").json())
        return bool(seen["status"] != "pending")

    until(settled, PATIENCE)
    assert seen["status"] == "ready", seen
    return seen


def uploaded(client: httpx.Client, field: str, data: bytes) -> dict[str, Any]:
    """A file that is ready."""
    made = announced(client, field, len(data))
    assert sent(client, made, data) == 204
    return ready(client, made["id"])
