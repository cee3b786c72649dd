"""What stands before the system runs here: everything that a deployment would have prepared."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

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
    """Says where the system answers, if `make dev` runs it."""
    if url := os.environ.get("DEV_URL"):
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        print(f"Ready: {url} (the API's documents: {url}/docs)", flush=True)
        if email := dotenv_values(".env").get("ADMIN_EMAIL"):
            print(f"Staff: {email}, with the ADMIN_PASSWORD of .env", flush=True)
