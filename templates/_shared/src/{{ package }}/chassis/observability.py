"""An app as its operators see it: Prometheus metrics, a request's id in its log lines, no more at once than it bears.

Plain ASGI, since it stands before every request. `/metrics` is for the network of the containers; NGINX hides it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache as remembered
from functools import partial

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from .cache import Cache
from .errors import Problem, Unavailable
from .http import problem
from .logs import request_id
from .sql import Database

MAX_CONCURRENT = 600  # requests at once; beyond it a client hears at once that it should come back
PUBLIC_CACHE = b"public, max-age=0, s-maxage=1, stale-while-revalidate=1"  # who may keep it: anybody
PRIVATE_CACHE = b"private, no-cache"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)  # seconds
Numbers = Callable[[], Awaitable[Mapping[str, float]]]


class ObservabilityMiddleware:
    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._busy = problem(503, Unavailable.title, "Too many requests at once", headers=Unavailable.headers)
        self._now = 0
        name, labels = "http_request_duration_seconds", ["method", "route", "status"]
        self._of = remembered(Histogram(name, "Requests", labels, registry=registry, buckets=BUCKETS).labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health/", "/metrics")):
            return await self._app(scope, receive, send)
        asked = dict(scope["headers"])
        given = asked.get(b"x-request-id", b"").decode("latin-1")
        request_id.set(given if 8 <= len(given) <= 64 and given.replace("-", "").isalnum() else uuid4().hex)
        begun, status = time.perf_counter(), 500
        app: ASGIApp = self._app if self._now < MAX_CONCURRENT else self._busy

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.get().encode())]
                said = any(name == b"cache-control" for name, _ in message["headers"])
                if scope["method"] == "GET" and status in (200, 304) and not said:
                    kept = PRIVATE_CACHE if b"authorization" in asked else PUBLIC_CACHE
                    message["headers"].append((b"cache-control", kept))
            await send(message)

        self._now += 1
        try:
            await app(scope, receive, sending)
        finally:
            self._now -= 1
            route = getattr(scope.get("route"), "path", "none")
            self._of(scope["method"], route, status).observe(time.perf_counter() - begun)


def instrument_app(
    app: FastAPI, cache: Cache | None = None, database: Database | None = None, numbers: Sequence[Numbers] = ()
) -> FastAPI:
    """The app with its metrics. `numbers`: those of the background, by name."""
    registry = CollectorRegistry()
    gauge = partial(Gauge, registry=registry)
    if cache is not None and database is not None:
        gauge("cache_hits", "Reads that the cache answered").set_function(lambda: cache.hits)
        gauge("cache_misses", "Reads that the database answered").set_function(lambda: cache.misses)
        gauge("database_connections", "Connections in use").set_function(lambda: database.connections()[0])
        gauge("database_connections_limit", "Connections of the pool").set_function(lambda: database.connections()[1])
    app.add_middleware(ObservabilityMiddleware, registry=registry)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        lines = generate_latest(registry).decode()
        for ask in numbers:
            with suppress(Problem):  # without its database the rest is still worth knowing
                lines += "".join([f"{name} {number}\n" for name, number in (await ask()).items()])
        return Response(lines, media_type=CONTENT_TYPE_LATEST)

    return app
