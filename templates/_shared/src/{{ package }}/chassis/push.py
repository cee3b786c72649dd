"""Events from part to part over HTTP, between servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request

from .client import Client
from .events import Deliver, Dispatcher
from .remote import internal_router


class Push:
    """Delivers an event to this part's own handlers, and to every part that reacts to it."""

    def __init__(self, own: Deliver, reacting: Mapping[str, Sequence[Client]]) -> None:
        self._own = own
        self._reacting = reacting

    async def deliver(self, kind: str, body: bytes) -> None:
        await self._own(kind, body)
        for client in self._reacting.get(kind, ()):
            await client.call("POST", f"/internal/events/{kind}", body)


def events_router(dispatcher: Dispatcher, token: str) -> APIRouter:
    router = internal_router("/events", token)

    @router.post("/{kind}", status_code=204)
    async def receive(kind: str, request: Request) -> None:
        await dispatcher.deliver(kind, await request.body())

    return router
