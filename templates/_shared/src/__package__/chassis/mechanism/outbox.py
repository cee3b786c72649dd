"""Transactional outbox on SQL: an event is written in the transaction that caused it,
and a relay delivers it afterwards.

There is a row for each handler of an event. Each is retried with backoff on its own,
until it is handled and deleted, or a dead letter that stays in the table with its
error. They arrive at least once, in no promised order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from .cache import Cache
from .entity import now
from .envelope import opened
from .errors import Failing, Problem, Refused, StaleVersion, Unavailable
from .events import Event, deliveries
from .persistence import ChangeSet
from .sql import Database, UtcDateTime
from .sql_connection import Write, connected
from .sql_unit_of_work import SqlUnitOfWork
from .tracing import Tracing

log = logging.getLogger(__name__)
BATCH = 16
# a relay that died gives its rows back after this; longer than a handler may take
LEASE = timedelta(seconds=30)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIRST_DELAY = 0.1  # seconds, doubled with each attempt
ATTEMPTS = 12  # then a delivery is dead: it stays in the table, with its error


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "outbox",
        metadata,
        # in the order in which they were written
        sa.Column("id", ROW_NUMBER, sa.Identity(), primary_key=True),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("handler", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True),  # null: dead
        sa.Column("error", sa.Text(), nullable=True),
        sa.Index("ix_outbox_due", "handler", "due"),
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

    def writes_of(self, staged: ChangeSet) -> Iterator[Write]:
        yield from super().writes_of(staged)
        if staged.events:
            trace = self._relay.tracing.headers()
            rows = [_row(event, handler, trace) for event, handler in staged.events]
            yield Write(self.outbox, None, rows[0], rows[1:])

    async def apply(self, staged: ChangeSet) -> None:
        await super().apply(staged)
        if staged.events:
            self._relay.wake(self.module)


def _row(event: Event, handler: str, trace: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": event.type,
        "handler": handler,
        "body": event.to_cloudevent(trace).decode(),
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

    Each handler has a task of its own, so that one that is slow or away holds up no
    other.
    """

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        outboxes: Mapping[str, sa.Table],
        tracing: Tracing | None = None,
        idle: float = 1.0,
    ) -> None:
        """`outboxes`: by module, those that it empties.

        `idle`: seconds between looks when nothing wakes it.
        """
        self.tracing = tracing or Tracing()
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
        busy: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                awake.clear()
                for handler in await self._waited_for(module):
                    if handler not in busy or busy[handler].done():
                        task = asyncio.ensure_future(self._serve(module, handler))
                        # more may have come while it was busy
                        task.add_done_callback(lambda _: awake.set())
                        busy[handler] = task
                with suppress(TimeoutError):
                    # wait_for may swallow a cancellation before Python 3.12
                    async with asyncio.timeout(self._idle):
                        await awake.wait()
        finally:  # graceful shutdown: what is in hand is finished first
            await asyncio.gather(*busy.values())

    async def _waited_for(self, module: str) -> Sequence[str]:
        try:
            return await self._due(module)
        except Exception:  # a database that is away must not end the relay
            log.exception("the relay could not look into the outbox of %s", module)
            return ()

    async def _serve(self, module: str, handler: str) -> None:
        """One batch; whoever is done is looked at again."""
        try:
            await self._relay(module, handler)
        except Exception:
            log.exception("the relay could not empty the outbox of %s", module)

    async def relay_once(self, module: str) -> int:
        """Deliver what is due in one outbox, a batch to each handler; gives how many
        events that were.
        """
        handlers = await self._due(module)
        found = await asyncio.gather(*[self._relay(module, name) for name in handlers])
        return sum(found)

    async def _due(self, module: str) -> Sequence[str]:
        """The handlers that something is due for (loose index scan: from each one on to
        the next, however many rows wait).
        """
        columns = self._outboxes[module].c
        oldest = sa.select(columns.handler, columns.due)
        oldest = oldest.where(columns.due.is_not(None))
        oldest = oldest.order_by(columns.handler, columns.due).limit(1)
        due: list[str] = []
        async with connected(self._database.module(module)) as connection:
            found = (await connection.execute(oldest)).first()
            while found is not None:
                if found.due <= now():
                    due.append(found.handler)
                behind = oldest.where(columns.handler > found.handler)
                found = (await connection.execute(behind)).first()
        return due

    async def _relay(self, module: str, handler: str) -> int:
        """A batch for one handler."""
        table = self._outboxes[module]
        engine = self._database.module(module)
        async with connected(engine, writing=True) as connection:
            rows = await self._claim(connection, table, handler)
        if not rows:
            return 0
        failures = await self._attempts(rows)
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

    async def _claim(
        self, connection: AsyncConnection, table: sa.Table, handler: str
    ) -> Sequence[sa.RowMapping]:
        """Rows that no other relay takes meanwhile."""
        due = sa.select(table.c.id)
        due = due.where(table.c.handler == handler, table.c.due <= now())
        due = due.order_by(table.c.due).limit(BATCH).with_for_update(skip_locked=True)
        return await take(connection, table, due)

    async def _attempts(
        self, rows: Sequence[sa.RowMapping]
    ) -> Sequence[dict[str, Any] | None]:
        return await asyncio.gather(*map(self._attempt, rows))

    async def _attempt(self, row: sa.RowMapping) -> dict[str, Any] | None:
        """Make one delivery; what to note in its row if that failed."""
        body = row["body"].encode()
        try:
            with self.tracing.publishing(f"publish {row['type']}", opened(body).trace):
                await self._dispatcher.deliver(row["handler"], body)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others go on
            return failed(row, error)
        return None


async def take(
    connection: AsyncConnection, table: sa.Table, ids: sa.Select[Any]
) -> Sequence[sa.RowMapping]:
    """Claims these rows, for as long as a lease."""
    claim = table.update().where(table.c.id.in_(ids))
    claim = claim.values(due=now() + LEASE, attempts=table.c.attempts + 1)
    claimed = await connection.execute(claim.returning(table))
    return claimed.mappings().all()  # type: ignore[no-any-return]


def failed(row: sa.RowMapping, error: Exception) -> dict[str, Any]:
    """What to note in the row of a delivery that failed."""
    attempts = row["attempts"]
    dead = isinstance(error, Refused)
    if attempts >= ATTEMPTS and (
        isinstance(error, Failing) or not isinstance(error, Unavailable)
    ):
        dead = True  # what is only away comes back
    delay = min(FIRST_DELAY * 2**attempts, 60)
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
