"""The outbox on DynamoDB: an event is an item of the transaction that caused it; the table's stream delivers it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from .dynamodb import Write, number, put, text
from .dynamodb_unit import DynamoUnit
from .events import Event
from .store import Staged

KEPT = 7 * 24 * 3600  # seconds that an event stays readable; its stream has had it long before


class PublishingDynamoUnit(DynamoUnit):
    """A unit of work with an outbox."""

    def publish(self, event: Event) -> None:
        self.staged.events.append(event)

    def writes(self, staged: Staged) -> Iterator[Write]:
        yield from super().writes(staged)
        for event in staged.events:
            pk, ttl = text(f"outbox#{event.id}"), number(int(time.time()) + KEPT)
            yield put({"pk": pk, "type": text(event.type), "body": text(event.to_json().decode()), "ttl": ttl})
