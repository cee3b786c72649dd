"""The outbox on SQL: an event is written in the transaction that caused it, a row for each of its handlers, and relayed.

Each row has its own attempts, and its own end: it is handled and gone, or dead and kept with its error.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
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
LEASE = timedelta(seconds=30)  # a relay that died gives its rows back after this; longer than a handler may take
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
    """A unit of work with an outbox. `relay` is woken by a commit that has something for it."""

    outbox: ClassVar[sa.Table]

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache)
        self._relay = relay

    def publish(self, event: Event) -> None:
        self.staged.events += deliveries(event, self._relay.targets(event.type))

    def writes(self, staged: ChangeSet) -> Iterator[Write]:
        yield from super().writes(staged)
        rows = [
            {"id": uuid7(), "type": event.type, "handler": handler, "body": event.to_json().decode()}
            | {"attempts": 0, "due": now()}
            for event, handler in staged.events
        ]
        if rows:
            yield Write(self.outbox, None, rows[0], rows[1:])

    async def apply(self, staged: ChangeSet) -> None:
        await super().apply(staged)
        if staged.events:
            self._relay.wake(self.module)


class Dispatcher(Protocol):
    """`Background` where every handler is here, `HttpDispatcher` where some run elsewhere."""

    def targets(self, kind: str) -> Iterable[str]: ...

    async def deliver(self, handler: str, body: bytes) -> None: ...


class Relay:
    """Delivers what the outboxes hold, until it is handled; several relays share the work."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher, outboxes: Mapping[str, sa.Table], idle: float = 1.0
    ) -> None:
        """`outboxes`: by module, those that it empties. `idle`: seconds between looks when nothing wakes it."""
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
        depth = {"waiting": 0, "dead": 0}
        for module, table in self._outboxes.items():
            count = sa.select(sa.func.count(table.c.due), sa.func.count()).select_from(table)
            async with connected(self._database.module(module)) as connection:
                waiting, found = (await connection.execute(count)).one()
            depth["waiting"] += waiting
            depth["dead"] += found - waiting
        return {f'outbox_events{{state="{state}"}}': count for state, count in depth.items()}

    async def run(self) -> None:
        self._awake.clear()  # an app that is started again may run on another loop
        async with asyncio.TaskGroup() as group:  # it ends when all have ended
            for module in self._outboxes:
                group.create_task(self._empty(module))

    async def _empty(self, module: str) -> None:
        awake = self._awake[module]
        while True:
            awake.clear()
            passing = asyncio.ensure_future(self.relay_once(module))
            try:
                found = await asyncio.shield(passing)
            except asyncio.CancelledError:  # what is in hand is finished first
                await passing
                raise
            except Exception:  # a database that is away must not end the relay
                log.exception("the relay could not look into the outbox of %s", module)
                found = 0
            if not found:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._idle):  # wait_for may swallow a cancellation before Python 3.12
                        await awake.wait()

    async def relay_once(self, module: str) -> int:
        """Deliver what is due in one outbox; gives how many events that were."""
        table, engine = self._outboxes[module], self._database.module(module)
        due = sa.select(table.c.id).where(table.c.due <= now()).order_by(table.c.due).limit(BATCH)
        claim = table.update().where(table.c.id.in_(due.with_for_update(skip_locked=True)))
        async with connected(engine, writing=True) as connection:
            claimed = claim.values(due=now() + LEASE, attempts=table.c.attempts + 1).returning(table)
            rows = (await connection.execute(claimed)).mappings().all()
        if not rows:
            return 0
        outcomes = await asyncio.gather(*map(self._attempt, rows))
        done = [row["id"] for row, outcome in zip(rows, outcomes, strict=True) if outcome is None]
        async with connected(engine, writing=True) as connection:
            await connection.execute(table.delete().where(table.c.id.in_(done)))
            for row, outcome in zip(rows, outcomes, strict=True):
                if outcome is not None:
                    await connection.execute(table.update().values(outcome).where(table.c.id == row["id"]))
        return len(rows)

    async def _attempt(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Make one delivery; what to note in its row if that failed."""
        try:
            await self._dispatcher.deliver(row["handler"], row["body"].encode())
        except Exception as error:  # whatever is wrong with one, the others go on
            attempts = int(row["attempts"])
            away = isinstance(error, Unavailable) and not isinstance(error, Failing)  # and comes back
            dead = isinstance(error, Refused) or (attempts >= ATTEMPTS and not away)
            what = f"{row['type']} {row['id']} to {row['handler']} failed at attempt {attempts}: {error!r}"
            level = logging.ERROR if dead else logging.WARNING
            log.log(level, what, exc_info=None if isinstance(error, Problem) else error)
            wait = 0.1 if isinstance(error, StaleVersion) else min(0.1 * 2**attempts, 60)  # seconds
            return {"due": None if dead else now() + timedelta(seconds=wait), "error": repr(error)}
        return None
