"""Transactional outbox on SQL: an event is written in the transaction that caused it,
and a relay delivers it afterwards.

There is a row for each handler of an event. Each is retried with backoff on its own,
until it is handled and deleted, or a dead letter that stays in the table with its
error.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from .cache import Cache
from .entity import now
from .errors import Failing, Problem, Refused, StaleVersion, Unavailable
from .events import Event, deliveries
from .persistence import ChangeSet
from .sql import Database, UtcDateTime
from .sql_connection import Write, connected
from .sql_unit_of_work import SqlUnitOfWork

log = logging.getLogger(__name__)
BATCH = 16
# a relay that died gives its rows back after this; longer than a handler may take
LEASE = timedelta(seconds=30)
ATTEMPTS = 12  # then a delivery is dead: it stays in the table, with its error


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("handler", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True, index=True),  # null: dead
        sa.Column("error", sa.Text(), nullable=True),
    )


class PublishingSqlUnitOfWork(SqlUnitOfWork):
    """A unit of work with an outbox.

    `relay` is woken by a commit that has something for it.
    """

    outbox: ClassVar[sa.Table]

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache)
        self._relay = relay

    def publish(self, event: Event) -> None:
        self.staged.events += deliveries(event, self._relay.targets(event.type))

    def writes(self, staged: ChangeSet) -> Iterator[Write]:
        yield from super().writes(staged)
        rows = [_row(event, handler) for event, handler in staged.events]
        if rows:
            yield Write(self.outbox, None, rows[0], rows[1:])

    async def apply(self, staged: ChangeSet) -> None:
        await super().apply(staged)
        if staged.events:
            self._relay.wake(self.module)


def _row(event: Event, handler: str) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "type": event.type,
        "handler": handler,
        "body": event.to_json().decode(),
        "attempts": 0,
        "due": now(),
    }


class Dispatcher(Protocol):
    """`Background` where every handler is here, `HttpDispatcher` where some run
    elsewhere.
    """

    def targets(self, kind: str) -> Iterable[str]: ...

    async def deliver(self, handler: str, body: bytes) -> None: ...


class Relay:
    """Delivers what the outboxes hold, until it is handled; several relays share the
    work.
    """

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        outboxes: Mapping[str, sa.Table],
        idle: float = 1.0,
    ) -> None:
        """`outboxes`: by module, those that it empties.

        `idle`: seconds between looks when nothing wakes it.
        """
        self._database = database
        self._dispatcher = dispatcher
        self._idle = idle
        self._outboxes = outboxes
        self._awake: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def targets(self, kind: str) -> Iterable[str]:
        return self._dispatcher.targets(kind)

    def wake(self, module: str) -> None:
        self._awake[module].set()

    async def metrics(self) -> dict[str, float]:
        """How many deliveries are on their way, and how many are dead."""
        waiting = dead = 0
        for module, table in self._outboxes.items():
            count = sa.select(sa.func.count(table.c.due), sa.func.count()).select_from(
                table
            )
            async with connected(self._database.module(module)) as connection:
                counted = await connection.execute(count)
            due, found = counted.one()
            waiting += due
            dead += found - due
        return {
            'outbox_events{state="waiting"}': waiting,
            'outbox_events{state="dead"}': dead,
        }

    async def run(self) -> None:
        self._awake.clear()  # an app that is started again may run on another loop
        async with asyncio.TaskGroup() as group:  # it ends when all have ended
            for module in self._outboxes:
                group.create_task(self._empty(module))

    async def _empty(self, module: str) -> None:
        awake = self._awake[module]
        while True:
            awake.clear()
            batch = asyncio.ensure_future(self.relay_once(module))
            try:
                found = await asyncio.shield(batch)
            # graceful shutdown: what is in hand is finished first
            except asyncio.CancelledError:
                await batch
                raise
            except Exception:  # a database that is away must not end the relay
                log.exception("the relay could not look into the outbox of %s", module)
                found = 0
            if not found:
                with suppress(TimeoutError):
                    # wait_for may swallow a cancellation before Python 3.12
                    async with asyncio.timeout(self._idle):
                        await awake.wait()

    async def relay_once(self, module: str) -> int:
        """Deliver what is due in one outbox; gives how many events that were."""
        table = self._outboxes[module]
        engine = self._database.module(module)
        due = sa.select(table.c.id).where(table.c.due <= now())
        # several relays share the work
        due = due.order_by(table.c.due).limit(BATCH).with_for_update(skip_locked=True)
        claim = table.update().where(table.c.id.in_(due))
        claim = claim.values(due=now() + LEASE, attempts=table.c.attempts + 1)
        async with connected(engine, writing=True) as connection:
            claimed = await connection.execute(claim.returning(table))
        rows = claimed.mappings().all()
        if not rows:
            return 0
        failures = await asyncio.gather(*map(self._attempt, rows))
        delivered = []
        async with connected(engine, writing=True) as connection:
            for row, failure in zip(rows, failures, strict=True):
                if failure is None:
                    delivered.append(row["id"])
                else:
                    update = table.update().where(table.c.id == row["id"])
                    await connection.execute(update.values(failure))
            delete = table.delete().where(table.c.id.in_(delivered))
            await connection.execute(delete)
        return len(rows)

    async def _attempt(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Make one delivery; what to note in its row if that failed."""
        try:
            await self._dispatcher.deliver(row["handler"], row["body"].encode())
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others go on
            return _failure(row, error)
        return None


def _failure(row: Mapping[str, Any], error: Exception) -> dict[str, Any]:
    attempts = row["attempts"]
    dead = isinstance(error, Refused)
    if attempts >= ATTEMPTS and (
        isinstance(error, Failing) or not isinstance(error, Unavailable)
    ):
        dead = True  # what is only away comes back
    delay = min(0.1 * 2**attempts, 60)  # seconds
    if isinstance(error, StaleVersion):
        delay = 0.1
    level = logging.WARNING
    due: datetime | None = now() + timedelta(seconds=delay)
    if dead:
        level = logging.ERROR
        due = None
    what = f"{row['type']} {row['id']} to {row['handler']} failed at attempt {attempts}: {error!r}"
    log.log(level, what, exc_info=not isinstance(error, Problem))
    return {"due": due, "error": repr(error)}
