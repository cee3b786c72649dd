"""Domain events, delivered at least once, in no promised order, as JSON even within a
process.

Each handler has a delivery of its own: one that fails is tried again, and keeps nobody
else from the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol
from uuid import UUID

from pydantic_core import to_json
from uuid_utils.compat import uuid7

from .persistence import UnitOfWork

# by kind of event: its handlers, each with the part that it runs in
Routes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `id` is the same however often it arrives."""

    type: ClassVar[str]  # module.entity.action
    id: UUID = field(default_factory=uuid7)

    def to_json(self) -> bytes:
        return to_json(self)


class Delivery(NamedTuple):
    """An event on its way to one of its handlers."""

    event: Event
    handler: str


def deliveries(event: Event, handlers: Iterable[str]) -> list[Delivery]:
    """One for each handler (LookupError: there is none, so the event would be lost)."""
    found = [Delivery(event, handler) for handler in handlers]
    if not found:
        raise LookupError(f"nobody handles {event.type}: see docs/guide.md")
    return found


class PublishingUnitOfWork(UnitOfWork, Protocol):
    def publish(self, event: Event) -> None:
        """Stage the event: it leaves with the unit's commit, or not at all."""
