"""Observability and load shedding: a request's id in its log lines and its span, no more
requests at once than it bears.

Plain ASGI, since it stands before every request. What is measured of each is told to an
`Observe`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from .errors import Unavailable
from .http import problem
from .http_cache import cache_control
from .tracing import current_span, request_id

# requests at once; beyond it a client hears at once that it should come back
MAX_CONCURRENT = 600
Observe = Callable[[str, str, int, float], None]  # method, route, status, seconds


class ObservabilityMiddleware:
    def __init__(
        self,
        app: ASGIApp,
        observe: Observe | None,
        apart: tuple[str, ...],
        busy: ASGIApp,
    ) -> None:
        self._app = app
        self._observe = observe
        self._apart = apart
        self._busy = busy
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._apart):
            return await self._app(scope, receive, send)
        asked = dict(scope["headers"])
        correlation_id = _request_id(asked.get(b"x-request-id", b"").decode("latin-1"))
        request_id.set(correlation_id)
        current_span.mark(correlation_id)  # FastAPI has begun it
        begun = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [
                    *message["headers"],
                    (b"x-request-id", correlation_id.encode()),
                ]
                if scope["method"] == "GET" and status in (200, 304):
                    names = {name for name, _ in headers}
                    if b"cache-control" not in names:  # it may say it itself
                        kept = cache_control(private=b"authorization" in asked)
                        headers.append((b"cache-control", kept.encode()))
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
            if self._observe is not None:
                route = getattr(scope.get("route"), "path", "none")
                self._observe(
                    scope["method"], route, status, time.perf_counter() - begun
                )


def _request_id(given: str) -> str:
    """The client's, if it is fit for a log line and another request's header, or a new
    one.
    """
    plain = given.isascii() and given.replace("-", "").isalnum()
    if plain and 8 <= len(given) <= 64:
        return given
    return uuid4().hex


def instrument_app(
    app: FastAPI, observe: Observe | None = None, apart: tuple[str, ...] = ("/health/",)
) -> FastAPI:
    """The app as its operators see it.

    `observe` is told of each request but those to a path `apart`.
    """
    error = Unavailable("Too many requests at once")
    describe = partial(app.state.describe, error)
    busy = problem(
        error.status,
        error.title,
        error.detail,
        headers=error.headers,
        describe=describe,
    )
    app.add_middleware(ObservabilityMiddleware, observe=observe, apart=apart, busy=busy)
    return app
