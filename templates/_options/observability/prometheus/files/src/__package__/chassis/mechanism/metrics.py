"""Metrics for Prometheus, at `/metrics`: for the network of the containers; NGINX hides
it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache as remembered
from functools import partial

from fastapi import FastAPI, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
)

from .cache import Cache
from .errors import Problem
from .observability import Observe
from .sql import Database

APART = ("/health/", "/metrics")  # paths of which nothing is measured
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)  # seconds
Numbers = Callable[[], Awaitable[Mapping[str, float]]]


def metrics(
    app: FastAPI,
    cache: Cache | None = None,
    database: Database | None = None,
    numbers: Sequence[Numbers] = (),
) -> Observe:
    """Gives the app its `/metrics`; what is to be told of each request.

    `numbers`: those of the background, by name.
    """
    registry = CollectorRegistry()
    gauge = partial(Gauge, registry=registry)
    if cache is not None and database is not None:
        hits = gauge("cache_hits", "Reads that the cache answered")
        hits.set_function(lambda: cache.hits)
        misses = gauge("cache_misses", "Reads that the database answered")
        misses.set_function(lambda: cache.misses)
        used = gauge("database_connections", "Connections in use")
        used.set_function(lambda: database.connections()[0])
        limit = gauge("database_connections_limit", "Connections of the pool")
        limit.set_function(lambda: database.connections()[1])

    @app.get("/metrics", include_in_schema=False)
    async def shown() -> Response:
        lines = generate_latest(registry).decode()
        for ask in numbers:
            # without its database the rest is still worth knowing
            with suppress(Problem):
                found = await ask()
                for name, number in found.items():
                    lines += f"{name} {number}\n"
        return Response(lines, media_type=CONTENT_TYPE_LATEST)

    duration = Histogram(
        "http_request_duration_seconds",
        "Requests",
        ["method", "route", "status"],
        registry=registry,
        buckets=BUCKETS,
    )
    durations = remembered(duration.labels)

    def observe(method: str, route: str, status: int, seconds: float) -> None:
        durations(method, route, status).observe(seconds)

    return observe
