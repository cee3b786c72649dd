"""Trusted proxies, CORS and HEAD: the client as a trusted proxy forwards it, sites that
may ask, HEAD as GET without its body.

Plain ASGI around a whole app, so that what it says of a failure passes here too. Where
a proxy stands in front of all of it (NGINX in the containers), that one answers CORS,
and the app has no CORS_ORIGINS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .settings import CoreSettings, Network

METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
ASKED = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
)
EXPOSED = (
    "Allow",
    "ETag",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}")


def wrap_app(app: ASGIApp, settings: CoreSettings) -> ASGIApp:
    if settings.trusted_proxies:
        app = ProxyHeadersMiddleware(app, settings.trusted_proxies)
    # no credentials: a token is shown in a header, never a cookie
    if settings.cors_origins:
        app = CORSMiddleware(
            app, settings.cors_origins, METHODS, ASKED, expose_headers=EXPOSED
        )
    return answer_head(app)


def answer_head(app: ASGIApp) -> ASGIApp:
    """HEAD is answered as GET is, without the body."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await app(scope, receive, send)

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET"}, receive, bodiless)

    return answered


class ProxyHeadersMiddleware:
    """Forwarded headers: a trusted proxy's word for the client, the scheme and the
    path's prefix; nobody else's.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = trusted
        self._trusts = lru_cache(4096)(self._is_trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer, _ = scope.get("client") or ("", 0)
        if scope["type"] != "http" or not self._trusts(peer):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        hops = ",".join(headers.getlist("x-forwarded-for"))
        forwarded = {**scope, "client": (self._client(peer, hops), 0)}
        scheme = _last(headers, "x-forwarded-proto")
        if scheme in ("http", "https"):
            forwarded["scheme"] = scheme
        prefix = _last(headers, "x-forwarded-prefix").rstrip("/")
        if not PREFIX.fullmatch(prefix):
            return await self._app(forwarded, receive, send)
        forwarded["root_path"] = prefix
        forwarded["path"] = prefix + scope["path"]

        async def send_below_prefix(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                location = answered.get("location", "")
                if location.startswith("/"):
                    answered["location"] = prefix + location
            await send(message)

        await self._app(forwarded, receive, send_below_prefix)

    def _client(self, client: str, hops: str) -> str:
        """Each proxy adds whom it heard from at the end: the last that is none of ours,
        if it is an address.
        """
        for hop in reversed(hops.split(",")):
            address = _address(_without_port(hop.strip()))
            if address is None:
                break
            client = str(address)
            if not self._trusts(client):
                break
        return client

    def _is_trusted(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(
            address in network for network in self._trusted
        )


def _last(headers: Headers, name: str) -> str:
    """What the proxy next to us says, whatever others said before it."""
    return next(reversed(headers.getlist(name)), "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        # without a zone, which may be any text
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address  # of a socket that takes both kinds
    return address


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    if hop.count(":") == 1:
        return hop.partition(":")[0]
    return hop  # IPv6
