"""The outbox's relay to Kafka: what a module publishes goes to its topic, in the order
in which it was written.

For that one relay of many empties an outbox at a time: who holds the first row has all
that are behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from .background import Background
from .entity import now
from .envelope import opened
from .errors import Refused, Unavailable
from .kafka import Kafka, Record
from .outbox import Relay, failed, take
from .sql import Database
from .tracing import Tracing

BATCH = 200
Sent = asyncio.Future[Any]


class KafkaRelay(Relay):
    def __init__(
        self,
        database: Database,
        background: Background,
        outboxes: Mapping[str, sa.Table],
        kafka: Kafka,
        tracing: Tracing | None = None,
    ) -> None:
        super().__init__(database, background, outboxes, tracing)
        self._kafka = kafka
        # by event: what Kafka has not confirmed yet, so that it is not sent twice
        self._sent: dict[UUID, Sent] = {}

    def targets(self, kind: str) -> Iterable[str]:
        return [self._topic(kind)]

    def _topic(self, kind: str) -> str:
        return self._kafka.topics.events(kind.partition(".")[0])

    async def _claim(
        self, connection: AsyncConnection, table: sa.Table, handler: str
    ) -> Sequence[sa.RowMapping]:
        waiting = sa.and_(table.c.handler == handler, table.c.due.is_not(None))
        first = sa.select(table.c.due).where(waiting).order_by(table.c.id).limit(1)
        # another relay that claims them just now is waited for
        found = await connection.execute(first.with_for_update())
        due = found.scalar()
        if due is None or due > now():
            return []
        oldest = sa.select(table.c.id).where(waiting).order_by(table.c.id).limit(BATCH)
        rows = await take(connection, table, oldest)
        return sorted(rows, key=lambda row: row["id"])

    async def _attempts(
        self, rows: Sequence[sa.RowMapping]
    ) -> Sequence[dict[str, Any] | None]:
        sending: list[Sent | Exception] = []
        for row in rows:
            sending.append(await self._send(row, sending))
        outcomes: list[dict[str, Any] | None] = []
        stopped: Exception | None = None
        for row, sent in zip(rows, sending, strict=True):
            error = stopped or await self._outcome(sent)
            # what is behind one that has not gone is sent again, behind it
            if isinstance(error, Unavailable):
                stopped = error
            outcomes.append(None if error is None else failed(row, error))
        return outcomes

    async def _send(
        self, row: sa.RowMapping, before: Sequence[Sent | Exception]
    ) -> Sent | Exception:
        if before and isinstance(before[-1], Unavailable):
            return before[-1]
        body = row["body"].encode()
        try:
            envelope = opened(body)
            sent = self._sent.get(envelope.id)
            if sent is None:
                with self.tracing.publishing(f"publish {row['type']}", envelope.trace):
                    sent = await self._kafka.send(
                        Record(
                            self._topic(row["type"]),
                            envelope.partitionkey.encode(),
                            body,
                        )
                    )
                self._sent[envelope.id] = sent
        except (Refused, Unavailable) as error:
            return error
        sent.add_done_callback(lambda _: self._sent.pop(envelope.id, None))
        return sent

    async def _outcome(self, sent: Sent | Exception) -> Exception | None:
        if isinstance(sent, Exception):
            return sent
        try:
            await self._kafka.delivered(sent)
        except Unavailable as error:
            return error
        return None
