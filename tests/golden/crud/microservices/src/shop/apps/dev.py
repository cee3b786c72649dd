"""The root of `make dev`, and of the tests: every part in one process, on its own
SQLite, calling the others as over a network.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx2 as httpx
from fastapi import FastAPI

from shop.apps import accounts as accounts_part
from shop.apps import items as items_part
from shop.apps.calls import CALLS
from shop.apps.migrate import PARTS, part_settings, prepare
from shop.apps.settings import Settings
from shop.chassis.mechanism.service_keys import make_keys
from shop.chassis.mechanism.service_tokens import pairs_of
from shop.local.dev_gateway import DevGateway
from shop.local.staff import announce_staff


class InProcess(httpx.AsyncBaseTransport):
    """The way to a part that runs beside us: whole requests and answers, and no
    network.
    """

    def __init__(self, parts: Mapping[str, FastAPI], name: str) -> None:
        self._parts = parts
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(
            self._parts[self._name], raise_app_exceptions=False
        )
        return await transport.handle_async_request(request)


def create_app(
    settings: Settings | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> DevGateway:
    """`transports`: what stands between the parts, by name, if not `InProcess`."""
    settings = settings or Settings()
    announce_staff(settings)
    make_keys(settings.service_keys, pairs_of(CALLS))
    parts: dict[str, FastAPI] = {}
    between = {**{name: InProcess(parts, name) for name in PARTS}, **(transports or {})}
    parts["accounts"] = accounts_part.create_app(
        part_settings("accounts", settings), between
    )
    parts["items"] = items_part.create_app(part_settings("items", settings), between)

    async def ready() -> None:
        for name in PARTS:
            await prepare(name, part_settings(name, settings))

    return DevGateway(list(parts.values()), ready)
