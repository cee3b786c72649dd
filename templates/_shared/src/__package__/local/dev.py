"""`make dev`: the system on one port, with reload, and before it runs all that a
deployment would have prepared.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from ..chassis.mechanism.settings import CoreSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

HOST = "127.0.0.1"
Prepare = Callable[[], Awaitable[None]]


def serve(factory: str, port: int) -> None:
    """Runs the app in the foreground (SystemExit: the port is not to be had)."""
    try:
        socket.create_server((HOST, port)).close()
    except (OSError, OverflowError) as error:
        raise SystemExit(
            f"{HOST}:{port} is not free: DEV_PORT in .env names it, and may name another ({error})"
        ) from None
    os.environ["DEV_URL"] = f"http://{HOST}:{port}"
    uvicorn.run(
        factory,
        factory=True,
        host=HOST,
        port=port,
        reload=True,
        reload_dirs=["src"],
        log_level="warning",
        proxy_headers=False,  # the app reads them itself: TRUSTED_PROXIES
    )


def prepared(app: FastAPI, prepare: Prepare) -> FastAPI:
    """The app, which prepares what has to be there (tables, the first member of staff)
    before it starts.
    """
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
    """Says where the system answers, if `make dev` runs it; then it ends with the
    process that supervises it.
    """
    url = os.environ.get("DEV_URL")
    if not url:
        return
    threading.Thread(target=_follow, daemon=True).start()
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s: %(message)s"
    )
    print(f"Ready: {url} (the API's documents: {url}/docs)", flush=True)


def _follow() -> None:
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve(
        f"{(__package__ or '').rpartition('.')[0]}.apps.dev:create_app",
        CoreSettings().dev_port,
    )
