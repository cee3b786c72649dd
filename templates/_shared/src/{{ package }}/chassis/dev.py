"""Running the whole system in one process, for `make dev` and for tests."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

Prepare = Callable[[], Awaitable[None]]


def prepared(app: FastAPI, prepare: Prepare) -> FastAPI:
    """The app, which prepares what has to be there (tables, the first member of staff) before it starts."""
    starting = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        await prepare()
        async with starting(app) as state:
            announce()
            yield state

    app.router.lifespan_context = lifespan
    return app


def announce() -> None:
    """Says where the system answers, if `serve` runs it."""
    if url := os.environ.get("DEV_URL"):
        print(f"Ready: {url} (the API's documents: {url}/docs)", flush=True)


def serve(factory: str, port: int) -> None:
    """Runs the app in the foreground, and again whenever its code changes."""
    os.environ["DEV_URL"] = f"http://127.0.0.1:{port}"
    uvicorn.run(
        factory, factory=True, host="127.0.0.1", port=port, reload=True, reload_dirs=["src"], log_level="warning"
    )
