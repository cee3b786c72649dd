"""Observability and load shedding: Prometheus metrics, request ids in log lines, no more requests at once than it bears.

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
PUBLIC = b"public, max-age=0, s-maxage=1, stale-while-revalidate=1"  # Cache-Control of what anybody may see
PRIVATE = b"private, no-cache"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)  # seconds
Numbers = Callable[[], Awaitable[Mapping[str, float]]]


class ObservabilityMiddleware:
    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._busy = problem(503, Unavailable.title, "Too many requests at once", headers=Unavailable.headers)
        self._in_flight = 0
        duration = Histogram(
            "http_request_duration_seconds",
            "Requests",
            ["method", "route", "status"],
            registry=registry,
            buckets=BUCKETS,
        )
        self._duration = remembered(duration.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health/", "/metrics")):
            return await self._app(scope, receive, send)
        asked = dict(scope["headers"])
        correlation_id = _request_id(asked.get(b"x-request-id", b"").decode("latin-1"))
        request_id.set(correlation_id)
        begun = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-request-id", correlation_id.encode())]
                if scope["method"] == "GET" and status in (200, 304):
                    _set_cache_control(headers, private=b"authorization" in asked)
                message["headers"] = headers
            await send(message)

        app = self._app
        if self._in_flight >= MAX_CONCURRENT:
            app = self._busy
        self._in_flight += 1
        try:
            await app(scope, receive, send_with_headers)
        finally:
            self._in_flight -= 1
            route = getattr(scope.get("route"), "path", "none")
            self._duration(scope["method"], route, status).observe(time.perf_counter() - begun)


def _request_id(given: str) -> str:
    """The client's, if it is fit for a log line, or a new one."""
    if 8 <= len(given) <= 64 and given.replace("-", "").isalnum():
        return given
    return uuid4().hex


def _set_cache_control(headers: list[tuple[bytes, bytes]], *, private: bool) -> None:
    """Unless the answer says it itself."""
    for name, _ in headers:
        if name == b"cache-control":
            return
    if private:
        headers.append((b"cache-control", PRIVATE))
    else:
        headers.append((b"cache-control", PUBLIC))


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
                found = await ask()
                for name, number in found.items():
                    lines += f"{name} {number}\n"
        return Response(lines, media_type=CONTENT_TYPE_LATEST)

    return app
