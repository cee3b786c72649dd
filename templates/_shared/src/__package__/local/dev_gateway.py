"""Development gateway, one face for parts that run in one process: a request goes to
the part that has a route for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from operator import itemgetter
from typing import Any

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from ..chassis.mechanism.http import problem
from .dev import Prepare, announce


class DevGateway:
    def __init__(self, parts: Sequence[FastAPI], prepare: Prepare) -> None:
        """`prepare` runs before the parts start: migrations, and whatever else has to
        be there.
        """
        self._parts = parts
        self._prepare = prepare
        self._document: dict[str, Any] = {}
        self._documents = [part.openapi for part in parts]
        parts[0].openapi = self._openapi  # type: ignore[method-assign]
        self._lifespan = FastAPI(lifespan=self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        if scope["type"] != "http":
            return self._lifespan
        if scope["path"] == "/health/ready":
            return self._ready
        if scope["path"].startswith("/internal/"):
            return problem(404, "Not Found", "Not Found")
        for wanted in (Match.FULL, Match.PARTIAL):
            for part in self._parts:
                matches = [route.matches(scope)[0] for route in part.routes]
                if wanted in matches:
                    return part
        return self._parts[0]

    def _openapi(self) -> dict[str, Any]:
        """What the first part says of itself is the whole."""
        if not self._document:
            self._document = merged([document() for document in self._documents])
        return self._document

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of the first part that is not ready, or of the last."""
        for part in self._parts:
            answer: list[Any] = []

            async def keep(message: Any, answer: list[Any] = answer) -> None:
                answer.append(message)

            await part(dict(scope), receive, keep)
            if answer[0]["status"] != 200:
                break
        for message in answer:
            await send(message)


def merged(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One OpenAPI document of several parts'."""
    tags = [tag for document in documents for tag in document["tags"]]
    whole: dict[str, Any] = {**documents[0], "paths": {}, "components": {}}
    whole["tags"] = sorted(tags, key=itemgetter("name"))
    for document in documents:
        whole["paths"].update(document["paths"])
        for kind, components in document["components"].items():
            whole["components"].setdefault(kind, {}).update(components)
    return whole
