"""Calls from function to function, as HTTP: requests become events of API Gateway
(version 2.0), answers responses.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property, partial
from typing import Any

import httpx2 as httpx
from botocore.exceptions import BotoCoreError, ClientError

from .aws import client
from .functions import Event, FunctionSettings
from .http_function import body_of, request_event


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
