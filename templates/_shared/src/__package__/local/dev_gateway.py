"""Development gateway, one face for parts that run in one process: a request goes to
the part that has a route for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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


class DevGateway:
    def __init__(self, parts: Sequence[FastAPI], prepare: Prepare) -> None:
        """`prepare` runs before the parts start: migrations, and whatever else has to
        be there.
        """
        self._parts = parts
        self._prepare = prepare
        self._lifespan = FastAPI(lifespan=self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._lifespan(scope, receive, send)
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
            for part in self._parts:
                await stack.enter_async_context(part.router.lifespan_context(part))
            announce()
            yield

    def _choose(self, scope: Scope) -> ASGIApp:
        for wanted in (Match.FULL, Match.PARTIAL):
            for part in self._parts:
                matches = [route.matches(scope)[0] for route in part.routes]
                if wanted in matches:
                    return part
        return self._parts[0]
