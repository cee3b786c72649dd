"""Stream consumer, exactly once in effect: what it makes of records and how far it has
read are one transaction.

Consumers share the partitions by leases in the database, fairly, and a consumer that
ends gives its own back. A lease is only courtesy: the transaction moves the offset from
where this consumer began to read, and where another was there meanwhile, nothing of it
is written.

There are two sides of tables, of which one is live. A replay fills the other and
switches (`stream_replay.py`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from .entity import now
from .errors import Unavailable
from .event_log import EventLog, Record
from .sql import UtcDateTime
from .sql_bulk import upsert
from .sql_connection import connected

log = logging.getLogger(__name__)
SIDES = ("a", "b")
BATCH = 4_000  # records of a transaction, about
WAIT = 1.0  # seconds for the first record, and after a failure
LEASE = timedelta(
    seconds=20
)  # a consumer that died gives its partitions back after this
STALLED = 60.0  # seconds without a batch that make a consumer not ready
# side, records -> what to count of them
Write = Callable[[AsyncConnection, str, Sequence[Record]], Awaitable[Counter[str]]]


@dataclass(frozen=True, slots=True)
class ConsumerTables:
    """`progress`: how far each side has read; `members`: the consumers that live;
    `live`: the side that counts.
    """

    progress: sa.Table
    members: sa.Table
    live: sa.Table


def consumer_tables(metadata: sa.MetaData) -> ConsumerTables:
    progress = sa.Table(
        "progress",
        metadata,
        sa.Column("side", sa.String(1), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        # when the last record that was read had been appended
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
    )
    members = sa.Table(
        "members",
        metadata,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("side", sa.String(1), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
    )
    live = sa.Table(
        "live",
        metadata,
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("side", sa.String(1), nullable=False),
    )
    return ConsumerTables(progress, members, live)


async def live_side(connection: AsyncConnection, live: sa.Table) -> str:
    side: str | None = await connection.scalar(sa.select(live.c.side))
    return side or SIDES[0]


class StreamConsumer:
    """`write` is called in the transaction: all that it does with the connection counts
    if the records do, and not otherwise.
    """

    def __init__(
        self,
        event_log: EventLog,
        engine: AsyncEngine,
        tables: ConsumerTables,
        write: Write,
        *,
        side: str | None = None,
        batch: int = BATCH,
        wait: float = WAIT,
    ) -> None:
        """`side`: which it fills; None: the live one."""
        self._log = event_log
        self._engine = engine
        self._tables = tables
        self._write = write
        self._batch = batch
        self._wait = wait
        self._id = uuid7()
        self._only = side
        self._side = side or SIDES[0]
        self._positions: dict[int, int] = {}
        self._renewal = 0.0
        self._moved: float | None = None  # no consumer runs here
        self._counts: Counter[str] = Counter()

    async def run(self) -> None:
        self._renewal = 0.0  # an app that is started again begins anew
        self._moved = time.monotonic()
        while True:
            batch = asyncio.ensure_future(self.once())
            try:
                await asyncio.shield(batch)
            # graceful shutdown: what is in hand is finished, and others go on at once
            except asyncio.CancelledError:
                await asyncio.wait([batch])
                self._moved = None
                await self.leave()
                raise
            except Unavailable as error:
                log.warning("the consumer waits: %s", error)
                self._renewal = 0.0
                await asyncio.sleep(self._wait)

    async def once(self) -> int:
        """Reads some records and writes what they come to; gives how many they were."""
        if time.monotonic() >= self._renewal:
            await self._claim()
        if not self._positions:  # others have them all
            self._moved = time.monotonic()
            await asyncio.sleep(self._wait)
            return 0
        records = await self._log.read(self._positions, self._batch, self._wait)
        if records:
            await self._commit(records)
        self._moved = time.monotonic()
        return len(records)

    async def leave(self) -> None:
        """Gives back what it has, so that others need not wait until it would expire."""
        progress, members = self._tables.progress, self._tables.members
        free = progress.update().where(progress.c.owner == self._id)
        async with connected(self._engine, writing=True) as connection:
            await connection.execute(free.values(owner=None, until=None))
            await connection.execute(members.delete().where(members.c.id == self._id))
        self._positions = {}
        self._renewal = 0.0

    async def check(self) -> None:
        """(Unavailable: records wait, and none could be written for a while.)"""
        if self._moved is not None and time.monotonic() > self._moved + STALLED:
            raise Unavailable(f"the consumer has stood still for {STALLED:.0f} seconds")

    async def lag(self) -> int:
        """How many records wait."""
        progress = self._tables.progress
        async with connected(self._engine) as connection:
            side = self._only or await live_side(connection, self._tables.live)
            query = sa.select(progress).where(progress.c.side == side)
            rows = await connection.execute(query)
        read = {row.partition: row.position for row in rows.all()}
        begins = await self._log.begins()
        ends = await self._log.ends()
        return sum(
            max(0, end - max(read.get(partition, 0), begins[partition]))
            for partition, end in ends.items()
        )

    async def metrics(self) -> dict[str, float]:
        counted = {
            f'stream_records_total{{became="{became}"}}': count
            for became, count in self._counts.items()
        }
        return {
            "stream_lag_records": await self.lag(),
            "stream_partitions": len(self._positions),
            **counted,
        }

    async def _claim(self) -> None:
        """Takes a fair share of the partitions, and extends what it has."""
        begins = await self._log.begins()
        progress, members, live = (
            self._tables.progress,
            self._tables.members,
            self._tables.live,
        )
        moment = now()
        until = moment + LEASE
        async with connected(self._engine, writing=True) as connection:
            await connection.execute(members.delete().where(members.c.until < moment))
            first = upsert(connection, live).values(id=1, side=SIDES[0])
            await connection.execute(first.on_conflict_do_nothing())
            side = self._only or await live_side(connection, live)
            joined = upsert(connection, members).values(
                id=self._id, side=side, until=until
            )
            joined = joined.on_conflict_do_update(
                index_elements=[members.c.id], set_={"side": side, "until": until}
            )
            await connection.execute(joined)
            new = [
                {"side": side, "partition": partition, "position": position}
                for partition, position in begins.items()
            ]
            missing = upsert(connection, progress).values(new)
            await connection.execute(missing.on_conflict_do_nothing())
            left = progress.update().where(
                progress.c.side != side, progress.c.owner == self._id
            )
            await connection.execute(left.values(owner=None, until=None))
            alive = await connection.scalar(
                sa.select(sa.func.count()).where(members.c.side == side)
            )
            query = sa.select(progress).where(progress.c.side == side)
            rows = await connection.execute(
                query.order_by(progress.c.partition).with_for_update()
            )
            mine, free = [], []
            for row in rows.all():
                if row.owner == self._id:
                    mine.append(row)
                elif row.until is None or row.until < moment:
                    free.append(row)
            share = -(-len(begins) // max(1, alive or 1))
            kept = [*mine, *free][:share]
            for owner, some in ((self._id, kept), (None, mine[share:])):
                chosen = progress.update().where(
                    progress.c.side == side,
                    progress.c.partition.in_([row.partition for row in some]),
                )
                await connection.execute(
                    chosen.values(owner=owner, until=until if owner else None)
                )
        self._side = side
        self._positions = {row.partition: row.position for row in kept}
        self._renewal = time.monotonic() + LEASE.total_seconds() / 4

    async def _commit(self, records: Sequence[Record]) -> None:
        after: dict[int, Record] = {}
        for record in records:
            begun = record.partition not in after
            expected = self._positions[record.partition]
            if begun and record.offset > expected:
                lost = record.offset - expected
                self._counts["expired unread"] += lost
                log.error(
                    "partition %d: %d records had expired before they were read",
                    record.partition,
                    lost,
                )
            after[record.partition] = record
        async with connected(self._engine, writing=True) as connection:
            moved = await self._advance(connection, after)
            if moved:
                counts = await self._write(connection, self._side, records)
            else:
                await connection.rollback()
        if not moved:
            log.info("another consumer took over some of the partitions")
            self._renewal = 0.0
            return
        self._counts += counts
        for partition, record in after.items():
            self._positions[partition] = record.offset + 1

    async def _advance(
        self, connection: AsyncConnection, after: dict[int, Record]
    ) -> bool:
        """Moves the offsets from where they were read; whether all of them were there."""
        progress = self._tables.progress
        positions: dict[int, sa.ColumnElement[int]] = {}
        moments: dict[int, sa.ColumnElement[datetime]] = {}
        for partition, record in after.items():
            positions[partition] = sa.literal(record.offset + 1, sa.BigInteger())
            moments[partition] = sa.literal(record.at, UtcDateTime())
        unmoved = [
            sa.and_(
                progress.c.partition == partition,
                progress.c.position == self._positions[partition],
            )
            for partition in after
        ]
        move = progress.update().where(
            progress.c.side == self._side,
            progress.c.owner == self._id,
            sa.or_(*unmoved),
        )
        move = move.values(
            position=sa.case(positions, value=progress.c.partition),
            at=sa.case(moments, value=progress.c.partition),
        )
        result = await connection.execute(move)
        return bool(result.rowcount == len(after))
