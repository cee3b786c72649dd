"""The whole system in one process, for `make dev` and for tests: one front, and the parts behind it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from .http import problem

Prepare = Callable[[], Awaitable[None]]


class Front:
    """Hands a request to the part that has a route for it; the API's documents are those of all parts."""

    def __init__(self, parts: Sequence[FastAPI], prepare: Prepare) -> None:
        """`prepare` runs before the parts start: migrations, and whatever else has to be there."""
        self._parts = parts
        self._prepare = prepare
        self._lifespan = FastAPI(lifespan=self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._choose(scope)(scope, receive, send)

    @asynccontextmanager
    async def _running(self, _: FastAPI) -> AsyncIterator[None]:
        await self._prepare()
        async with AsyncExitStack() as stack:
            for part in self._parts:
                await stack.enter_async_context(part.router.lifespan_context(part))
            if url := os.environ.get("DEV_URL"):
                print(f"Ready: {url} (the API's documents: {url}/docs)", flush=True)
            yield

    def _choose(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._lifespan
        if scope["path"] == "/openapi.json":
            return JSONResponse(merged([part.openapi() for part in self._parts]))
        if scope["path"] == "/docs":
            return get_swagger_ui_html(openapi_url="/openapi.json", title=self._parts[0].title)
        if scope["path"] == "/health/ready":
            return self._ready
        if scope["path"].startswith("/internal/"):
            return problem(404, "Not Found", "Not Found")
        for wanted in (Match.FULL, Match.PARTIAL):
            for part in self._parts:
                if any(route.matches(scope)[0] == wanted for route in part.routes):
                    return part
        return self._parts[0]

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        """All of the parts, or the answer of the first that is not."""
        for part in self._parts[:-1]:
            answers: list[Any] = []

            async def keep(message: Any, answers: list[Any] = answers) -> None:
                answers.append(message)

            await part(dict(scope), receive, keep)
            if answers[0]["status"] != 200:
                for message in answers:
                    await send(message)
                return
        await self._parts[-1](scope, receive, send)


def merged(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One OpenAPI document of several parts'."""
    whole: dict[str, Any] = {**documents[0], "paths": {}, "components": {}}
    for document in documents:
        whole["paths"].update(document["paths"])
        for kind, components in document["components"].items():
            whole["components"].setdefault(kind, {}).update(components)
    return whole


def serve(factory: str, port: int) -> None:
    """Runs the whole, with reload, in the foreground."""
    os.environ["DEV_URL"] = f"http://127.0.0.1:{port}"
    uvicorn.run(
        factory, factory=True, host="127.0.0.1", port=port, reload=True, reload_dirs=["src"], log_level="warning"
    )
