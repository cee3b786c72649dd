"""Lambda adapter of a part's HTTP side: API Gateway's events (version 2.0) in, the ASGI
app behind.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from mangum.handlers import HTTPGateway
from mangum.protocols import HTTPCycle
from mangum.types import LambdaConfig

from .functions import Event, Function, S, run
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

    def closing(self, built: FastAPI) -> Iterable[Callable[[], Awaitable[None]]]:
        found: Iterable[Callable[[], Awaitable[None]]] = built.state.closing
        return found


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
