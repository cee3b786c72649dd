"""The outbox on DynamoDB: an event is an item of the transaction that caused it; the table's stream delivers it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from .cache import Cache
from .dynamodb import Database, Write, number, put, text
from .dynamodb_unit import DynamoUnit
from .events import Event
from .store import Staged

KEPT = 7 * 24 * 3600  # seconds that an event stays readable; its stream has had it long before


class PublishingDynamoUnit(DynamoUnit):
    """A unit of work with an outbox."""

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self._events: list[Event] = []

    def publish(self, event: Event) -> None:
        self._events.append(event)

    def writes(self, staged: Staged) -> Iterator[Write]:
        events, self._events = self._events, []
        staged.check(len(events))
        yield from super().writes(staged)
        for event in events:
            pk, ttl = text(f"outbox#{event.id}"), number(int(time.time()) + KEPT)
            yield put({"pk": pk, "type": text(event.type), "body": text(event.to_json().decode()), "ttl": ttl})
