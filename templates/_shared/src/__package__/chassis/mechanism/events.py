"""Domain events, delivered at least once, in an envelope even within a process.

Each handler has a delivery of its own: one that fails is tried again, and keeps nobody
else from the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, NamedTuple, Protocol, Self
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from uuid_utils.compat import uuid7

from .envelope import Envelope, opened
from .errors import Refused
from .persistence import UnitOfWork

# by kind of event: its handlers, each with the part that it runs in
Routes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `id` is the same however often it arrives.

    A field that is new has a default, for events of before. A change that older code
    cannot read takes the next `schema_version`.
    """

    type: ClassVar[str]  # module.entity.action
    schema_version: ClassVar[int] = 1
    id: UUID = field(default_factory=uuid7)

    @property
    def key(self) -> str:
        """The entity that it is about: the first id among its own fields."""
        for own in fields(self)[1:]:
            value = getattr(self, own.name)
            if isinstance(value, UUID):
                return str(value)
        return str(self.id)

    def to_cloudevent(self, trace: Mapping[str, str]) -> bytes:
        """In its envelope; `trace`: headers of the one that it belongs to."""
        package = type(self).__module__.partition(".")[0]
        module = self.type.partition(".")[0]
        envelope = Envelope(
            id=self.id,
            source=f"/{package}/{module}",
            type=self.type,
            subject=self.key,
            dataschema=f"urn:event:{self.type}:{self.schema_version}",
            partitionkey=self.key,
            traceparent=trace.get("traceparent"),
            tracestate=trace.get("tracestate"),
            data=to_jsonable_python(self),
        )
        return envelope.to_json()

    @classmethod
    def from_cloudevent(cls, body: bytes) -> tuple[Self, dict[str, str]]:
        """The event, and the headers of its trace (Refused: it cannot be read here).

        What a newer release has added to it is left out.
        """
        envelope = opened(body)
        if envelope.type != cls.type:
            raise Refused(f"{envelope.type} is not {cls.type}")
        if envelope.version > cls.schema_version:
            raise Refused(
                f"{cls.type} has version {envelope.version}, and {cls.schema_version}"
                " is known here: replay it when this release is gone"
            )
        kind: Any = cls
        try:
            return _adapter(kind).validate_python(envelope.data), envelope.trace
        except ValidationError as error:
            raise Refused(f"not a {cls.type}: {error}") from error


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


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
