"""App factory: problem documents (RFC 9457), a limit on bodies, health checks, graceful
shutdown, one OpenAPI style.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .docs import add_docs
from .errors import Problem, Unavailable, ValidationFailed
from .middleware import wrap_app
from .openapi import described
from .rest import Router
from .settings import CoreSettings
from .tokens import Verifier

log = logging.getLogger(__name__)
Check = Callable[[], Awaitable[None]]
Texts = Mapping[str, str]
# a problem document as clients are to get it
Describe = Callable[[Exception, dict[str, Any]], dict[str, Any]]
MAX_BODY_BYTES = 1_048_576  # bytes of a request body
# seconds in which it is to come: meanwhile it is one of the requests that are borne at once
BODY_TIMEOUT = 20.0
MAX_ERRORS = 100  # errors that are told of one request
# in the words of RFC 9110, which Python has only from 3.13 on
TITLES = {413: "Content Too Large"}
UNTRACED: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
}


def _unchanged(_error: Exception, document: dict[str, Any]) -> dict[str, Any]:
    return document


class Api(FastAPI):
    """FastAPI with the edge around all of it, also around what answers a failure."""

    def build_middleware_stack(self) -> ASGIApp:
        return wrap_app(super().build_middleware_stack(), self.state.settings)


def create_api(
    name: str,
    routers: Sequence[APIRouter],
    services: Sequence[object],
    verifier: Verifier,
    settings: CoreSettings,
    *,
    ready: Mapping[str, Check],
    running: Sequence[Callable[[], Awaitable[None]]] = (),
    closing: Sequence[Callable[[], Awaitable[None]]] = (),
    telemetry: TelemetryConfig = UNTRACED,
    describe: Describe = _unchanged,
) -> FastAPI:
    """An app of these routers.

    `ready`: what readiness asks; `running`: tasks beside it; `closing`: called last;
    `describe`: has the last word on what is told of an error.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(run()) for run in running]
        # before anybody is let in, what the first of them would wait for is made; what
        # is away now, readiness tells
        await _failing(ready)
        # what is here now stays: the collector need not go through it under load, again
        # and again
        gc.freeze()
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in closing:
            await close()
        gc.unfreeze()

    app = Api(
        title=name,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry=telemetry,
        openapi_tags=[router.tag for router in routers if isinstance(router, Router)],
    )
    app.state.closing = closing  # for who runs it without a lifespan
    app.state.services = {type(service): service for service in services}
    app.state.verifier = verifier
    app.state.settings = settings
    app.state.describe = describe
    for router in [*routers, _health(ready)]:
        app.include_router(router)
    for error in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(error, _answer)
    add_docs(app)
    app.add_middleware(limit_body)
    app.openapi = partial(described, app)  # type: ignore[method-assign]
    return app


def limit_body(app: ASGIApp) -> ASGIApp:
    """Reads no body that says it is too large, and no more of one than it may have,
    whatever it says; nor does it wait for one for ever.

    One that is compressed is not read at all: it would have to be unpacked before
    anybody knew how large it is.
    """

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        size, coming = 0, True
        end = asyncio.get_running_loop().time() + BODY_TIMEOUT

        async def counted() -> Message:
            nonlocal size, coming
            headers = dict(scope["headers"])
            if headers.get(b"content-encoding", b"identity").lower() not in (
                b"identity",
                b"",
            ):
                raise HTTPException(
                    415,
                    "A body is taken as it is, not compressed",
                    {"Accept-Encoding": "identity"},
                )
            announced = int(headers.get(b"content-length", b"0"))
            if announced > MAX_BODY_BYTES or size > MAX_BODY_BYTES:
                raise _too_large()
            try:
                # behind the body the client leaves, whenever that is
                async with asyncio.timeout_at(end if coming else None):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "The body did not arrive in time") from None
            coming = message.get("more_body", False)
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                raise _too_large()
            return message

        if scope["type"] == "http":
            # for what has a limit of its own; in this scope, where others look for the
            # route that answered
            scope["unbounded"] = receive
            await app(scope, counted, send)
        else:
            await app(scope, receive, send)

    return bounded


def _too_large() -> HTTPException:
    """Another one each time: its traceback holds what was read."""
    return HTTPException(413, f"A body has at most {MAX_BODY_BYTES} bytes")


def problem(
    status: int,
    title: str,
    detail: str,
    errors: Texts | None = None,
    headers: Texts | None = None,
    describe: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> JSONResponse:
    """A problem document (RFC 9457); `errors`: the fields, each with what is wrong with
    it.
    """
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [
            {"field": field, "message": message} for field, message in errors.items()
        ]
    if describe is not None:
        body = describe(body)
    return JSONResponse(body, status, headers, "application/problem+json")


async def _answer(request: Request, error: Exception) -> JSONResponse:
    tell = partial(problem, describe=partial(request.app.state.describe, error))
    if isinstance(error, Problem):
        return tell(
            error.status, error.title, error.detail, error.errors, error.headers
        )
    if isinstance(error, RequestValidationError):
        # which was not read as JSON, as its sender did not call it that
        if isinstance(error.body, bytes):
            return tell(
                422,
                ValidationFailed.title,
                "A body is JSON, and says so: Content-Type: application/json",
            )
        wrong = {_place(found): found["msg"] for found in error.errors()[:MAX_ERRORS]}
        return tell(422, ValidationFailed.title, "The request is not valid", wrong)
    if isinstance(error, HTTPException):
        return _http_problem(request, error, tell)
    return tell(500, Problem.title, Problem.usually)


def _http_problem(
    request: Request, error: HTTPException, tell: Callable[..., JSONResponse]
) -> JSONResponse:
    status = error.status_code
    if status == 400:  # the body could not be read as JSON
        return tell(422, ValidationFailed.title, "The body is not valid JSON")
    title = TITLES.get(status) or HTTPStatus(status).phrase
    headers = error.headers
    if status == 405:
        headers = {"Allow": ", ".join(_allowed(request))}
    return tell(status, title, error.detail, headers=headers)


def _place(error: Mapping[str, Any]) -> str:
    """Where in the request the error is: the field's path, or the part of the request
    that has none.
    """
    part, *path = map(str, error["loc"])
    if not path or error["type"] == "json_invalid":
        return part
    return ".".join(path)


def _allowed(request: Request) -> list[str]:
    found = []
    for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        # which answers HEAD too, see `middleware.py`
        routed = method.replace("HEAD", "GET")
        scope = {**request.scope, "method": routed}
        if any(route.matches(scope)[0] == Match.FULL for route in request.app.routes):
            found.append(method)
    return found


async def _failing(checks: Mapping[str, Check]) -> dict[str, BaseException]:
    """What does not work, and why."""
    asked = (asyncio.wait_for(check(), 2) for check in checks.values())
    answers = await asyncio.gather(*asked, return_exceptions=True)
    found = zip(checks, answers, strict=True)
    return {name: error for name, error in found if error is not None}


def _health(checks: Mapping[str, Check]) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    asking: asyncio.Future[dict[str, BaseException]] | None = None

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/health/ready")
    async def ready() -> dict[str, str]:
        nonlocal asking
        if asking is None or asking.done():  # single flight: a crowd asks once
            asking = asyncio.ensure_future(_failing(checks))
        down = await asyncio.shield(asking)
        if down:
            log.warning("not ready: %s", down)
            raise Unavailable(f"Not ready: {', '.join(down)}")
        return {"status": "ok"}

    return router
