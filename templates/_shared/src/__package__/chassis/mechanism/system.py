"""System endpoint, what any part can tell of all of them: whether the whole is ready,
and its OpenAPI document.

The gateway asks for it at `/system`, and lets nobody else do so.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx2 as httpx
from fastapi import APIRouter

from .client import Client
from .errors import Refused, Unavailable
from .openapi_parts import merged
from .part_urls import part_url

TIMEOUT = 4.0  # seconds; a part takes two to find out whether it is ready


class System:
    def __init__(
        self,
        parts: Iterable[str],
        transports: Mapping[str, httpx.AsyncBaseTransport] | None,
    ) -> None:
        self._parts: dict[str, Client] = {}
        self._asking: dict[str, asyncio.Future[list[bytes]]] = {}
        for part in parts:
            self._parts[part] = Client(
                part,
                part_url(part),
                transport=(transports or {}).get(part),
                timeout=TIMEOUT,
                attempts=3,
                proxies=False,
            )
        self.router = APIRouter(prefix="/system", include_in_schema=False)
        self.router.get("/ready")(self._ready)
        self.router.get("/openapi.json")(self._openapi)

    async def close(self) -> None:
        for client in self._parts.values():
            await client.close()

    async def _ready(self) -> dict[str, str]:
        await self._ask("/health/ready")
        return {"status": "ok"}

    async def _openapi(self) -> dict[str, Any]:
        answers = await self._ask("/openapi.json")
        return merged([json.loads(answer) for answer in answers])

    async def _ask(self, path: str) -> list[bytes]:
        """What each part answers (Unavailable: some do not, and which)."""
        asking = self._asking.get(path)
        if asking is None or asking.done():  # single flight: a crowd asks once
            asking = asyncio.ensure_future(self._answers(path))
            self._asking[path] = asking
        return await asyncio.shield(asking)

    async def _answers(self, path: str) -> list[bytes]:
        asked = [client.call("GET", path) for client in self._parts.values()]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        found: list[bytes] = []
        missing: list[str] = []
        for part, answer in zip(self._parts, answers, strict=True):
            if isinstance(answer, bytes):
                found.append(answer)
            elif isinstance(answer, Unavailable | Refused):
                missing.append(part)
            else:
                raise answer
        if missing:
            raise Unavailable(f"Not ready: {', '.join(missing)}")
        return found
