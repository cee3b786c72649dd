"""API Gateway's events of an HTTP API (format 2.0), made of requests."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import uuid4

from starlette.requests import Request

from ..chassis.mechanism.functions import Event

TEXT = ("text/", "application/json", "application/xml", "application/javascript")
ACCOUNT = "123456789012"


async def http_event(
    request: Request,
    route: str,
    parameters: Mapping[str, str],
    authorizer: Event | None,
) -> Event:
    """`route`: its key, like `GET /api/items/{proxy+}`; `parameters`: what its braces
    stand for; `authorizer`: what that has found.
    """
    now = datetime.now(UTC)
    headers = {
        name: ",".join(request.headers.getlist(name)) for name in request.headers
    }
    source = request.client.host if request.client else ""
    hops = [headers.get("x-forwarded-for"), source]
    headers["x-forwarded-for"] = ", ".join(hop for hop in hops if hop)
    headers["x-forwarded-proto"] = request.url.scheme
    cookies = headers.pop("cookie", "")
    query = request.scope["query_string"].decode()
    # as it was sent: the functions' adapter takes the escapes away
    path = quote(request.scope["path"])
    host = headers.get("host", "localhost")
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": f"HTTP/{request.scope['http_version']}",
            "sourceIp": source,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid4()),
        "routeKey": route,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if authorizer:
        context["authorizer"] = authorizer
    event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": context,
        **_body(await request.body(), headers.get("content-type", "")),
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if query:
        asked: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            asked.setdefault(name, []).append(value)
        event["queryStringParameters"] = {
            name: ",".join(values) for name, values in asked.items()
        }
    if parameters:
        event["pathParameters"] = dict(parameters)
    return event


def _body(body: bytes, kind: str) -> Event:
    """As text where its type says so, else in base64."""
    if not body:
        return {"isBase64Encoded": False}
    if kind.startswith(TEXT):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": b64encode(body).decode(), "isBase64Encoded": True}
