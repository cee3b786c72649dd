"""What happened, told to whoever reacts: at least once, in no promised order, as JSON even within a process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import to_json
from uuid_utils.compat import uuid7

from .store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `id` is the same however often it arrives."""

    type: ClassVar[str]  # module.entity.action
    id: UUID = field(default_factory=uuid7)

    def to_json(self) -> bytes:
        return to_json(self)


Reactions = Mapping[type[Any], Callable[[Any], Awaitable[None]]]
Deliver = Callable[[str, bytes], Awaitable[None]]


class PublishingUnit(UnitOfWork, Protocol):
    def publish(self, event: Event) -> None:
        """Stage the event: it leaves with the unit's commit, or not at all."""


class Dispatcher:
    """Hands an event to the handlers of this process. Each must be idempotent; one that raises gets it again."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[tuple[TypeAdapter[Any], Callable[[Any], Awaitable[None]]]]] = {}

    def subscribe(self, reactions: Reactions) -> None:
        for kind, handler in reactions.items():
            self._handlers.setdefault(kind.type, []).append((TypeAdapter(kind), handler))

    async def deliver(self, kind: str, body: bytes) -> None:
        for adapter, handler in self._handlers.get(kind, []):
            await handler(adapter.validate_json(body))
