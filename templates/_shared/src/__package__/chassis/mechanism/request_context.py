"""Request context: until when somebody waits for the answer, and with whose token it
was asked. What a part asks of others on the way takes both along.

The deadline begins at the first server, and travels as the milliseconds that are left,
so that no two clocks need agree.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import Unavailable
from .http import problem

REMAINING = "X-Remaining-Ms"  # until the caller no longer waits


@dataclass(frozen=True, slots=True)
class RequestContext:
    deadline: float  # of the monotonic clock
    authorization: str = ""  # the header, as the user sent it

    @property
    def remaining(self) -> float:
        """Seconds; less than none: nobody waits any more."""
        return self.deadline - time.monotonic()


current_request: ContextVar[RequestContext | None] = ContextVar(
    "current_request", default=None
)


class RequestContextMiddleware:
    """Answers at once what nobody waits for any more."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        """`seconds`: that a request may take whose client does not say."""
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        seconds = _seconds(headers.get(REMAINING, ""), self._seconds)
        if seconds <= 0:
            return await _too_late(scope["app"])(scope, receive, send)
        context = RequestContext(
            time.monotonic() + seconds, headers.get("authorization", "")
        )
        before = current_request.set(context)
        try:
            await self._app(scope, receive, send)
        finally:
            current_request.reset(before)


def _seconds(told: str, default: float) -> float:
    try:
        return int(told) / 1000
    except (ValueError, OverflowError):
        return default


def _too_late(app: FastAPI) -> ASGIApp:
    error = Unavailable("Nobody waits for this any more")
    return problem(
        error.status,
        error.title,
        error.detail,
        headers=error.headers,
        describe=partial(app.state.describe, error),
    )
