"""Lambda adapter of a part's HTTP side: API Gateway's events (version 2.0) in, the ASGI
app behind.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

import httpx2 as httpx
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import FastAPI
from mangum.handlers import HTTPGateway
from mangum.protocols import HTTPCycle
from mangum.types import LambdaConfig

from .aws import client
from .functions import Event, Function, FunctionSettings, S, run
from .http_cache import cache_control

# no type counts as text: base64 makes four bytes of three, where JSON within JSON may
# double what it escapes
CONFIG = LambdaConfig(api_gateway_base_path="/", text_mime_types=[], exclude_headers=[])


class HttpFunction(Function[S, FastAPI]):
    def __call__(self, event: Event, context: Any) -> Event:
        # Mangum's own call would look for the loop of this thread
        gateway = HTTPGateway(event, context, CONFIG)
        cycle = HTTPCycle(gateway.scope, gateway.body)
        run(cycle.run(self.built))
        answer = gateway(
            {"status": cycle.status, "headers": cycle.headers, "body": cycle.body}
        )
        if not cycle.body and b"content-type" not in dict(cycle.headers):
            answer["headers"].pop("content-type")  # Mangum says JSON of nothing too
        asked = event["requestContext"]["http"]["method"]
        if asked in ("GET", "HEAD") and cycle.status in (200, 304):
            private = "authorization" in event["headers"]
            kept = cache_control(private=private)
            answer["headers"].setdefault("cache-control", kept)
        return answer


class FunctionTransport(httpx.AsyncBaseTransport):
    """Calls a function as if it were a server: requests become events, answers
    responses.
    """

    def __init__(self, invoke: Callable[[Event], Awaitable[Event]]) -> None:
        self._invoke = invoke

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.aread()
        event = request_event(
            request.method, url.path, url.query.decode(), headers, body
        )
        try:
            async with asyncio.timeout(request.extensions["timeout"]["read"]):
                answer = await self._invoke(event)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the function takes too long") from error
        return httpx.Response(
            answer["statusCode"], headers=answer.get("headers"), content=body_of(answer)
        )


def to_functions(
    settings: FunctionSettings, parts: Iterable[str]
) -> dict[str, httpx.AsyncBaseTransport]:
    """How to reach the functions of other parts."""
    functions = Functions()
    return {
        part: FunctionTransport(
            partial(functions.invoke, f"{settings.stack}-{part}:live")
        )
        for part in parts
    }


class Functions:
    """Other functions, by name; the client is made when the first is called."""

    async def invoke(self, function: str, event: Event) -> Event:
        try:
            answer = await asyncio.to_thread(self._call, function, json.dumps(event))
            payload = json.loads(await asyncio.to_thread(answer["Payload"].read))
        except (BotoCoreError, ClientError) as error:
            raise httpx.ConnectError(f"{function} cannot be invoked") from error
        if "FunctionError" in answer:
            raise httpx.RemoteProtocolError(f"{function} failed")
        return payload  # type: ignore[no-any-return]

    def _call(self, function: str, payload: str) -> Any:
        return self._client.invoke(FunctionName=function, Payload=payload)

    @cached_property
    def _client(self) -> Any:
        return client(
            "lambda",
            connect_timeout=1,
            read_timeout=5,
            retries={"mode": "standard", "max_attempts": 1},
        )


def request_event(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    source: str = "127.0.0.1",
) -> Event:
    """A request as API Gateway hands it over; each header once, in lower case.

    `source`: the address it came from.
    """
    http = {
        "method": method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": source,
        "userAgent": headers.get("user-agent", ""),
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {"http": http, "stage": "$default"},
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def body_of(answer: Event) -> bytes:
    body: str = answer.get("body", "")
    if answer.get("isBase64Encoded"):
        return b64decode(body)
    return body.encode()
