"""What crosses from part to part over HTTP: events, calls of a contract, the keys that verify access tokens."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request

from .client import TOKEN, Client
from .errors import Forbidden
from .events import Deliver, Dispatcher


class Push:
    """Delivers an event to this part's own handlers, and to every part that reacts to it."""

    def __init__(self, own: Deliver, reacting: Mapping[str, Sequence[Client]]) -> None:
        self._own = own
        self._reacting = reacting

    async def deliver(self, kind: str, body: bytes) -> None:
        await self._own(kind, body)
        for client in self._reacting.get(kind, ()):
            await client.call("POST", f"/internal/events/{kind}", body)


def internal_router(prefix: str, token: str) -> APIRouter:
    """A router for other parts alone: they show the token (SystemExit: there is none)."""
    if not token:
        raise SystemExit("INTERNAL_TOKEN is not set: parts know each other by it")

    async def allowed(shown: Annotated[str, Header(alias=TOKEN)] = "") -> None:
        if not secrets.compare_digest(shown.encode(), token.encode()):
            raise Forbidden

    return APIRouter(prefix=f"/internal{prefix}", dependencies=[Depends(allowed)], include_in_schema=False)


def events_router(dispatcher: Dispatcher, token: str) -> APIRouter:
    router = internal_router("/events", token)

    @router.post("/{kind}", status_code=204)
    async def receive(kind: str, request: Request) -> None:
        await dispatcher.deliver(kind, await request.body())

    return router


def remote_jwks(accounts: Client) -> Callable[[], Awaitable[dict[str, Any]]]:
    """The public keys, as the part that signs publishes them."""

    async def jwks() -> dict[str, Any]:
        return json.loads(await accounts.call("GET", "/.well-known/jwks.json"))  # type: ignore[no-any-return]

    return jwks
