"""Development gateway, one face for parts that run in one process: a request goes to
the part that has a route for it.

Parts that run in another process find one of these under `/parts/NAME`, as it is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from ..chassis.mechanism.http import problem
from .dev import Prepare, announce

# what any part tells of the whole
SYSTEM = {
    "/health/ready": "/system/ready",
    "/openapi.json": "/system/openapi.json",
}
PART = re.compile(r"/parts/(\w+)(/.*)")


class DevGateway:
    def __init__(self, parts: Mapping[str, FastAPI], prepare: Prepare) -> None:
        """`prepare` runs before the parts start: migrations, and whatever else has to
        be there.
        """
        self._parts = parts
        self._prepare = prepare
        self._lifespan = FastAPI(lifespan=self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._lifespan(scope, receive, send)
        asked = PART.fullmatch(scope["path"])
        if asked and asked[1] in self._parts:
            part = self._parts[asked[1]]
            return await part({**scope, "path": asked[2]}, receive, send)
        if scope["path"].startswith(("/internal/", "/system/")):
            hidden = problem(404, "Not Found", "Not Found")
            return await hidden(scope, receive, send)
        if scope["path"] in SYSTEM:
            scope = {**scope, "path": SYSTEM[scope["path"]]}
        await self._choose(scope)(scope, receive, send)

    @asynccontextmanager
    async def _running(self, _: FastAPI) -> AsyncIterator[None]:
        await self._prepare()
        async with AsyncExitStack() as stack:
            for part in self._parts.values():
                await stack.enter_async_context(part.router.lifespan_context(part))
            announce()
            yield

    def _choose(self, scope: Scope) -> ASGIApp:
        for wanted in (Match.FULL, Match.PARTIAL):
            for part in self._parts.values():
                matches = [route.matches(scope)[0] for route in part.routes]
                if wanted in matches:
                    return part
        return next(iter(self._parts.values()))
