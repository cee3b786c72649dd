"""Event delivery over HTTP, from part to part: a call for each delivery, to the part
that has its handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request

from . import audit
from .background import HANDLER_TIMEOUT, Background
from .client import Client
from .envelope import CONTENT_TYPE
from .errors import Forbidden, Refused, ValidationFailed
from .events import Routes
from .internal_api import internal_router, to_part
from .service_tokens import Calls, ServiceTokens


class HttpDispatcher:
    """Delivers to this part's own handlers, and to those that the routes name in other
    parts.
    """

    def __init__(
        self,
        background: Background,
        routes: Routes,
        modules: Iterable[str],
        tokens: ServiceTokens,
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
                tokens,
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


def events_router(
    background: Background,
    tokens: ServiceTokens,
    parts: Mapping[str, Iterable[str]],
    routes: Routes,
) -> APIRouter:
    """A part delivers events of its own modules, and of no others."""
    router = internal_router("events", tokens)
    sources: dict[str, str] = {}  # by handler: the module whose events it gets
    for kind, handlers in routes.items():
        sources.update(dict.fromkeys(handlers, _module(kind)))

    @router.post("/{handler}", status_code=204)
    async def receive(handler: str, request: Request) -> None:
        caller = request.state.caller
        if handler in sources and sources[handler] not in parts[caller]:
            audit.record("service_call_refused", caller=caller, scope=handler)
            raise Forbidden(f"{handler} takes no events of {caller}")
        try:
            await background.deliver(handler, await request.body())
        except Refused as error:  # for good: the sender need not try again
            raise ValidationFailed(error.detail) from error

    return router


def with_events(
    contracts: Calls, parts: Mapping[str, Iterable[str]], routes: Routes
) -> Calls:
    """What parts ask of each other: contracts, and that they take events.

    `parts`: with their modules.
    """
    calls = {caller: dict(callees) for caller, callees in contracts.items()}
    for caller, modules in parts.items():
        for kind, handlers in routes.items():
            if _module(kind) not in modules:
                continue
            for callee in sorted(set(handlers.values()) - {caller}):
                asked = calls.setdefault(caller, {})
                asked[callee] = (*contracts.get(caller, {}).get(callee, ()), "events")
    return calls
