"""Event delivery over HTTP, from part to part: a call for each delivery, to the part
that has its handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request

from .background import HANDLER_TIMEOUT, Background
from .client import Client
from .envelope import CONTENT_TYPE
from .errors import Refused, ValidationFailed
from .events import Routes
from .internal_api import internal_router, to_part
from .internal_settings import InternalSettings


class HttpDispatcher:
    """Delivers to this part's own handlers, and to those that the routes name in other
    parts.
    """

    def __init__(
        self,
        background: Background,
        routes: Routes,
        modules: Iterable[str],
        settings: InternalSettings,
        transports: Mapping[str, Any] | None,
        trace: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`modules`: of this part.

        Only the relay tries again, so that no handler runs twice at once.
        """
        self._background = background
        self._routes = routes
        self._parts: dict[str, str] = {}  # by handler: those that are elsewhere
        for kind, handlers in routes.items():
            if _module(kind) not in modules:
                continue
            for handler, part in handlers.items():
                if _module(handler) not in modules:
                    self._parts[handler] = part
        self._clients: dict[str, Client] = {}
        for part in set(self._parts.values()):
            self._clients[part] = to_part(
                part,
                settings,
                transports,
                timeout=HANDLER_TIMEOUT + 5,
                attempts=1,
                trace=trace,
            )

    def targets(self, kind: str) -> Iterable[str]:
        return self._routes.get(kind, ())

    async def deliver(self, handler: str, body: bytes) -> None:
        if handler in self._parts:
            await self._clients[self._parts[handler]].call(
                "POST",
                f"/internal/events/{handler}",
                body,
                {"Content-Type": CONTENT_TYPE},
            )
        else:
            await self._background.deliver(handler, body)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()


def _module(name: str) -> str:
    return name.partition(".")[0]


def events_router(background: Background, token: str) -> APIRouter:
    router = internal_router("/events", token)

    @router.post("/{handler}", status_code=204)
    async def receive(handler: str, request: Request) -> None:
        try:
            await background.deliver(handler, await request.body())
        except Refused as error:  # for good: the sender need not try again
            raise ValidationFailed(error.detail) from error

    return router
