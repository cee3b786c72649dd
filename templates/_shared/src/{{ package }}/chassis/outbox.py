"""The outbox on SQL: an event is written in the transaction that caused it, and relayed until it is handled."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

from .cache import Cache
from .entity import now
from .errors import Problem, Stale, Unavailable
from .events import Deliver, Event
from .sql import Database, UtcDateTime
from .sql_connection import Write, connected
from .sql_unit import SqlUnit
from .store import Staged

log = logging.getLogger(__name__)
BATCH = 16
LEASE = timedelta(seconds=30)  # a relay that died gives its events back after this
ATTEMPTS = 12  # then an event is dead: it stays in the table, with its error


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True, index=True),  # null: dead
        sa.Column("error", sa.Text(), nullable=True),
    )


class PublishingSqlUnit(SqlUnit):
    """A unit of work with an outbox. `relay` is woken by a commit that has something for it."""

    outbox: ClassVar[sa.Table]

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache)
        self._relay = relay

    def publish(self, event: Event) -> None:
        self.staged.events.append(event)

    def writes(self, staged: Staged) -> Iterator[Write]:
        yield from super().writes(staged)
        for event in staged.events:
            row = {"id": event.id, "type": event.type, "body": event.to_json().decode(), "attempts": 0, "due": now()}
            yield Write(self.outbox, None, row)

    async def apply(self, staged: Staged) -> None:
        await super().apply(staged)
        if staged.events:
            self._relay.wake(self.module)


class Relay:
    """Delivers what the outboxes hold, until it is handled; several relays share the work."""

    def __init__(self, database: Database, deliver: Deliver, idle: float = 1.0) -> None:
        """`idle`: seconds between looks when nothing wakes it."""
        self._database = database
        self._deliver = deliver
        self._idle = idle
        self._outboxes: dict[str, sa.Table] = {}
        self._awake: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def watch(self, *units: type[PublishingSqlUnit]) -> None:
        """The modules whose outboxes this relay empties."""
        self._outboxes.update({unit.module: unit.outbox for unit in units})

    def wake(self, module: str) -> None:
        self._awake[module].set()

    async def depth(self) -> dict[str, int]:
        """How many events are on their way, and how many are dead."""
        depth = {"waiting": 0, "dead": 0}
        for module, table in self._outboxes.items():
            count = sa.select(sa.func.count(table.c.due), sa.func.count()).select_from(table)
            async with connected(self._database.module(module)) as connection:
                waiting, found = (await connection.execute(count)).one()
            depth["waiting"] += waiting
            depth["dead"] += found - waiting
        return depth

    async def run(self) -> None:
        self._awake.clear()  # an app that is started again may run on another loop
        await asyncio.gather(*map(self._empty, self._outboxes), return_exceptions=True)  # it ends when all have ended

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
        """Deliver one event; what to note in its row if that failed."""
        try:
            await self._deliver(row["type"], row["body"].encode())
        except Exception as error:  # whatever is wrong with one event, the others go on
            attempts = int(row["attempts"])
            dead = attempts >= ATTEMPTS and not isinstance(error, Unavailable)  # what is away comes back
            what = f"{row['type']} {row['id']} failed at attempt {attempts}: {error!r}"
            level = logging.ERROR if dead else logging.WARNING
            log.log(level, what, exc_info=None if isinstance(error, Problem) else error)
            wait = 0.1 if isinstance(error, Stale) else min(0.1 * 2**attempts, 60)  # seconds
            return {"due": None if dead else now() + timedelta(seconds=wait), "error": repr(error)}
        return None
