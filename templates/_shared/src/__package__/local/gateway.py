"""AWS in one process, for `make dev` and for tests: runs what `deploy/template.yaml`
says, as it says it.

Its tables and queues are made in moto; a request becomes an event for the function
whose route it matches.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import httpx2 as httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..chassis.mechanism.function_transport import FunctionTransport
from ..chassis.mechanism.functions import (
    BY_NAME,
    THREADS,
    Event,
    FunctionSettings,
    loop,
    run,
)
from ..chassis.mechanism.http import problem
from ..chassis.mechanism.http_function import (
    HttpFunction,
    body_of,
    request_event,
)
from ..chassis.mechanism.openapi_parts import merged
from .authorizer import JwtAuthorizer
from .deliveries import Deliveries
from .dev import announce
from .http_events import http_event
from .schedules import Schedules
from .template import Template

Prepare = Callable[[Any], Coroutine[Any, Any, None]]
# moto within a process is not made for several threads
ONE_AT_A_TIME = ThreadPoolExecutor(1)


class Beside(Protocol):
    """A service of AWS that clients reach by themselves; `path`: what its paths begin
    with here.
    """

    path: str

    def make(self, template: Template) -> None:
        """What the template has of it, once the queues are there."""

    def complete(self, body: str, sent: int) -> str:
        """A message of a queue, sent at this moment (in ms), with all that AWS says."""

    async def answer(self, request: Request) -> Response: ...


@dataclass(frozen=True)
class Route:
    """A way from the gateway to a function, and the authorizer that stands before it."""

    method: str
    path: str
    function: str
    authorizer: str | None

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("ANY", method) and self._match(path) is not None

    def rank(self) -> tuple[bool, int, bool]:
        return "+}" not in self.path, len(self.path), self.method != "ANY"

    def parameters(self, path: str) -> dict[str, str]:
        """What stands in the place of the names in braces."""
        found = self._match(path)
        return found.groupdict() if found else {}

    def _match(self, path: str) -> re.Match[str] | None:
        pattern = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", self.path)
        return re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)


class Gateway:
    """The whole as an ASGI app, on the moto server at AWS_ENDPOINT_URL, or else on moto
    in this process.
    """

    def __init__(
        self,
        path: Path,
        settings: FunctionSettings,
        prepare: Prepare | None,
        transports: Mapping[str, Any] | None = None,
        beside: Beside | None = None,
    ) -> None:
        """`prepare` runs first, once the tables are there.

        `refuses`, if set, is what AWS does: what lacks a valid token is answered here.
        Else it goes on, so that the answers are those of the functions' own check.

        `transports`: as the functions' roots take them. `beside`: another service of
        AWS that the template has.
        """
        self._beside = beside
        self.refuses = False
        self._path = path
        self._settings = settings
        self._prepare = prepare
        self._transports = transports or {}
        self._embedded = "AWS_ENDPOINT_URL" not in os.environ
        self._threads = ThreadPoolExecutor(THREADS, "functions")
        self._functions: dict[str, Any] = {}
        self._routes: list[Route] = []
        self._authorizers: dict[str, JwtAuthorizer] = {}
        self._lifespan = FastAPI(lifespan=self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._lifespan
        if scope["type"] == "http":
            app = await self._answer(Request(scope, receive))
        await app(scope, receive, send)

    async def invoke(self, name: str, event: Event) -> Event:
        """Calls a function, as AWS does, from a thread that is not its loop's."""
        answer: Event = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._functions[name], event, None
        )
        return answer

    @asynccontextmanager
    async def _running(self, _: FastAPI) -> AsyncIterator[None]:
        with self._aws():
            await asyncio.to_thread(self._deploy)
            delivering = asyncio.run_coroutine_threadsafe(
                self._deliveries.run(), loop()
            )
            scheduling = asyncio.run_coroutine_threadsafe(self._schedules.run(), loop())
            announce()
            yield
            scheduling.cancel()
            self._deliveries.wake(stop=True)
            await asyncio.wrap_future(delivering)
            await asyncio.to_thread(self._close)

    @contextmanager
    def _aws(self) -> Iterator[None]:
        if not self._embedded:
            yield
            return
        # take their time, and beside a server nobody needs them
        from moto import mock_aws

        from .moto_transactions import keep_rows_alone

        keep_rows_alone()
        os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
        loop().set_default_executor(ONE_AT_A_TIME)
        mock = mock_aws()
        mock.start(reset=False)
        try:
            yield
        finally:
            mock.stop()

    def _deploy(self) -> None:
        stack = "local"
        if self._embedded:
            stack = f"local-{uuid4().hex[:8]}"
        own = self._settings.model_dump()
        known = {_parameter(name): _text(value) for name, value in own.items()}
        known["Issuer"] = own.get("jwt_issuer", "")
        known["SigningKeys"] = ""  # they lie in a folder
        template = Template(self._path, {**known, "AWS::StackName": stack})
        complete = self._beside.complete if self._beside else None
        # another gateway of this process may be using moto
        self._deliveries = ONE_AT_A_TIME.submit(
            Deliveries, template, self.invoke, complete
        ).result()
        self._schedules = Schedules(template, self.invoke, self._deliveries.bury)
        if self._beside:
            ONE_AT_A_TIME.submit(self._beside.make, template).result()
        functions = template.of_type("AWS::Serverless::Function")
        transports: dict[str, Any] = {}
        for name, function in functions.items():
            part = function["FunctionName"].removeprefix(f"{stack}-")
            transports[part] = FunctionTransport(partial(self.invoke, name))
        transports |= self._transports
        for name, function in functions.items():
            told = template.environment(function)
            environment = {
                key.lower(): value
                for key, value in told.items()
                if not value.startswith(BY_NAME)  # here the settings say what it is
            }
            settings = type(self._settings)(**{**own, **environment})
            module, _, handler = function["Handler"].rpartition(".")
            root = getattr(import_module(module), handler)
            self._functions[name] = root.within(settings, transports)
        for name, way in template.events("HttpApi"):
            authorizer = way.get("Auth", {}).get("Authorizer")
            self._routes.append(Route(way["Method"], way["Path"], name, authorizer))
        for api in template.of_type("AWS::Serverless::HttpApi").values():
            for name, properties in api["Auth"]["Authorizers"].items():
                issuer = properties["JwtConfiguration"]["issuer"]
                to_issuer = self._transports.get(issuer)
                if issuer == own.get("jwt_issuer"):  # this API itself
                    to_issuer = httpx.ASGITransport(self)
                self._authorizers[name] = JwtAuthorizer(properties, to_issuer)
        if self._prepare:
            run(self._prepare(self._settings.model_copy(update={"stack": stack})))

    def _close(self) -> None:
        """Connections go with the loop that they belong to, which is not the caller's."""
        for function in self._functions.values():
            run(function.close())

    def _route(self, method: str, path: str) -> Route | None:
        """The route of a request: the whole path before a greedy one, its own method
        before any.
        """
        fitting = [route for route in self._routes if route.fits(method, path)]
        return max(fitting, key=Route.rank, default=None)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if path == "/openapi.json":
            answers = await self._everywhere(path)
            return JSONResponse(
                merged([json.loads(body_of(answer)) for answer in answers])
            )
        if self._beside and path.startswith(self._beside.path):
            given = await self._beside.answer(request)
            self._deliveries.wake()
            return given
        if path.startswith("/health/"):
            answers = await self._everywhere(path)
            return _response(max(answers, key=lambda answer: int(answer["statusCode"])))
        if path.startswith("/docs"):  # the page of the part that has the accounts
            me = self._route("GET", "/api/me")
            route = me and Route("GET", path, me.function, None)
        else:
            route = self._route(request.method, path)
        if route is None:
            return problem(404, "Not Found", "Not Found")
        found = None
        if route.authorizer:
            found = await self._authorizers[route.authorizer].authorize(
                request.headers.get("authorization")
            )
            if found is None and self.refuses:
                headers = {"WWW-Authenticate": "Bearer"}
                return JSONResponse({"message": "Unauthorized"}, 401, headers)
        event = await http_event(request, route.key, route.parameters(path), found)
        answer = await self.invoke(route.function, event)
        if request.method not in {"GET", "HEAD"}:
            self._deliveries.wake()
        return _response(answer)

    async def _everywhere(self, path: str) -> list[Event]:
        """What each part answers."""
        event = request_event("GET", path, "", {}, b"")
        names = [
            name
            for name, function in self._functions.items()
            if isinstance(function, HttpFunction)
        ]
        return await asyncio.gather(*[self.invoke(name, event) for name in names])


def _response(answer: Event) -> Response:
    return Response(body_of(answer), answer["statusCode"], answer.get("headers"))


def _parameter(setting: str) -> str:
    """Of the template, as it calls the setting: MailUrl for mail_url."""
    return "".join(word.capitalize() for word in setting.split("_"))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)
