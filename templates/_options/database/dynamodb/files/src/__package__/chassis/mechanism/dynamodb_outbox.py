"""Transactional outbox on DynamoDB: an event is written in the transaction that caused
it, an item for each handler.

The table's stream carries each to the queue of the part that its handler runs in, where
it is a message of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from uuid_utils.compat import uuid7

from .cache import Cache
from .dynamodb import Database, Write, number, put, text
from .dynamodb_unit_of_work import DynamoUnitOfWork
from .events import Event, Routes, deliveries
from .persistence import ChangeSet

# seconds that an event stays readable; its stream has had it long before
OUTBOX_RETENTION = 7 * 24 * 3600


class PublishingDynamoUnitOfWork(DynamoUnitOfWork):
    """A unit of work with an outbox."""

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache)
        self._routes = routes

    def publish(self, event: Event) -> None:
        self.staged.events += deliveries(event, self._routes.get(event.type, ()))

    def writes_of(self, staged: ChangeSet) -> Iterator[Write]:
        yield from super().writes_of(staged)
        for event, handler in staged.events:
            yield put(
                {
                    "pk": text(f"outbox#{uuid7()}"),
                    "type": text(event.type),
                    "handler": text(handler),
                    "part": text(self._routes[event.type][handler]),
                    "body": text(event.to_cloudevent({}).decode()),
                    "ttl": number(int(time.time()) + OUTBOX_RETENTION),
                }
            )
