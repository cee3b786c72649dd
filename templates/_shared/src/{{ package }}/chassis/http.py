"""The HTTP face that every part has: problem documents, a limit on bodies, health checks, one OpenAPI style."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, request_response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Match

from .errors import Invalid, Problem, Unavailable
from .tokens import Verifier

log = logging.getLogger(__name__)
Check = Callable[[], Awaitable[None]]
LARGEST = 1_048_576  # bytes of a request body
TRACED: TelemetryConfig = {"auto_configure": True, "metrics": False, "logs": False}
UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


def create_api(
    name: str,
    routers: Sequence[APIRouter],
    services: Sequence[object],
    verifier: Verifier,
    *,
    ready: Mapping[str, Check],
    running: Sequence[Callable[[], Awaitable[None]]] = (),
    closing: Sequence[Callable[[], Awaitable[None]]] = (),
) -> FastAPI:
    """An app of these routers. `ready`: what readiness asks; `running`: tasks beside it; `closing`: called last."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(run()) for run in running]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in closing:
            await close()

    app = FastAPI(
        title=name,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        telemetry=TRACED if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") else UNTRACED,
    )
    app.state.services = {type(service): service for service in services}
    app.state.verifier = verifier
    for route in [copy(route) for router in [*routers, _health(ready)] for route in router.routes]:
        if isinstance(route, APIRoute):  # what `include_router` does, but that each is looked for twice a request
            route.dependency_overrides_provider = app
            handle = request_response(route.get_route_handler())
            route.app = handle if route.methods == {"GET"} else RequestBodyLimitMiddleware(handle, LARGEST)
        app.router.routes.append(route)
    for error in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(error, _answer)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def problem(
    status: int,
    title: str,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document (RFC 9457); `errors`: the field and what is wrong with it."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers, "application/problem+json")


async def _answer(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Problem):
        fields = [{"field": field, "message": message} for field, message in error.errors.items()]
        return problem(error.status, error.title, error.detail, fields, error.headers)
    if isinstance(error, RequestValidationError):
        fields = [{"field": _place(e), "message": e["msg"]} for e in error.errors()]
        return problem(422, Invalid.title, "The request is not valid", fields)
    if isinstance(error, HTTPException):
        if error.status_code == 400:  # the body could not be read as JSON
            return problem(422, Invalid.title, "The body is not valid JSON")
        title = {404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large"}.get(error.status_code, "Error")
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return problem(error.status_code, title, str(error.detail), headers=headers)
    return problem(500, Problem.title, "Something went wrong here")


def _place(error: Mapping[str, Any]) -> str:
    inside = [] if error["type"] == "json_invalid" else error["loc"][1:]
    return ".".join(map(str, inside)) or str(error["loc"][0])


def _allowed(request: Request) -> str:
    """The methods that any route of this path takes."""
    methods = ("DELETE", "GET", "PATCH", "POST", "PUT")
    routes = request.app.routes
    taken = [m for m in methods if any(r.matches({**request.scope, "method": m})[0] == Match.FULL for r in routes)]
    return ", ".join(taken)


def _health(checks: Mapping[str, Check]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/health/ready")
    async def ready() -> dict[str, str]:
        async def ask(name: str, check: Check) -> str | None:
            try:
                await asyncio.wait_for(check(), 2)
            except Exception as error:  # noqa: BLE001 - whatever is wrong, this part is not ready
                log.warning("%s is not ready: %s", name, error)
                return name
            return None

        down = [name for name in await asyncio.gather(*(ask(*check) for check in checks.items())) if name]
        if down:
            raise Unavailable(f"Not ready: {', '.join(down)}")
        return {"status": "ok"}

    return router


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with one problem response for all that may go wrong."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = PROBLEM
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operation in (operation for path in document["paths"].values() for operation in path.values()):
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "A problem (RFC 9457)", "content": content}
        app.openapi_schema = document
    return app.openapi_schema


PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
