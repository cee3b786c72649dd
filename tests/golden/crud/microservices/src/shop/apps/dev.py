"""The root of `make dev`, and of the tests: every part in one process, on its own
SQLite, calling the others as over a network.

`make dev PARTS="..."` runs some of them; the others are where `<PART>_URL` says, as
`http://127.0.0.1:8001/parts/items` where another `make dev` has them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

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

ROOTS: Mapping[str, Callable[..., FastAPI]] = {
    "accounts": accounts_part.create_app,
    "items": items_part.create_app,
}


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
    here = parts_here()
    if "accounts" in here:
        announce_staff(settings)
    make_keys(settings.service_keys, pairs_of(CALLS))
    parts: dict[str, FastAPI] = {}
    between = {**{name: InProcess(parts, name) for name in here}, **(transports or {})}
    for name in here:
        parts[name] = ROOTS[name](part_settings(name, settings), between)

    async def ready() -> None:
        for name in PARTS:
            if name in here:
                await prepare(name, part_settings(name, settings))

    return DevGateway(parts, ready)


def parts_here() -> list[str]:
    """Those that DEV_PARTS names, or all (SystemExit: it is not known where the others
    are).
    """
    here = os.environ.get("DEV_PARTS", "").split() or list(ROOTS)
    if unknown := [name for name in here if name not in ROOTS]:
        raise SystemExit(
            f"There is no part {', '.join(unknown)}; there are {', '.join(ROOTS)}"
        )
    urls = [f"{name.upper()}_URL" for name in ROOTS if name not in here]
    if missing := [url for url in urls if url not in os.environ]:
        raise SystemExit(f"Where are the other parts? Set {', '.join(missing)}")
    return here
