"""Events from part to part over HTTP, between servers: a call for each delivery, to the part that has its handler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request

from .background import HANDLER_TIMEOUT, Background
from .client import Client
from .errors import Refused, ValidationFailed
from .events import Routes
from .internal_api import internal_router, to_part
from .settings import Settings


class HttpDispatcher:
    """Delivers to this part's own handlers, and to those that the routes name in other parts."""

    def __init__(
        self,
        background: Background,
        routes: Routes,
        modules: Iterable[str],
        settings: Settings,
        transports: Mapping[str, Any] | None,
    ) -> None:
        """`modules`: of this part. Only the relay tries again, so that no handler runs twice at once."""
        self._background = background
        published = [handlers for kind, handlers in routes.items() if kind.partition(".")[0] in modules]
        self._parts = {handler: part for handlers in published for handler, part in handlers.items()}
        self._parts = {name: part for name, part in self._parts.items() if name.partition(".")[0] not in modules}
        self._routes = routes
        patience = HANDLER_TIMEOUT + 5
        self._clients: dict[str, Client] = {
            part: to_part(part, settings, transports, timeout=patience, attempts=1) for part in self._parts.values()
        }

    def targets(self, kind: str) -> Iterable[str]:
        return self._routes.get(kind, ())

    async def deliver(self, handler: str, body: bytes) -> None:
        if handler in self._parts:
            await self._clients[self._parts[handler]].call("POST", f"/internal/events/{handler}", body)
        else:
            await self._background.deliver(handler, body)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()


def events_router(background: Background, token: str) -> APIRouter:
    router = internal_router("/events", token)

    @router.post("/{handler}", status_code=204)
    async def receive(handler: str, request: Request) -> None:
        try:
            await background.deliver(handler, await request.body())
        except Refused as error:  # for good: the sender need not try again
            raise ValidationFailed(error.detail) from error

    return router
