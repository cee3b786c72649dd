"""Event log on SQL: a row for each record, and for each partition one that counts them.

Whoever appends holds the counters of its partitions until it commits, so that records
are seen in the order of their offsets and none comes between later.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from .entity import now
from .event_log import Record, partition_of
from .sql import Database, UtcDateTime
from .sql_bulk import upsert
from .sql_connection import connected, delete_old

POLL = 0.2  # seconds between looks for what other processes appended


def event_log_tables(metadata: sa.MetaData) -> tuple[sa.Table, sa.Table]:
    """The records, and what the next offset of each partition is."""
    records = sa.Table(
        "log_records",
        metadata,
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
    ends = sa.Table(
        "log_ends",
        metadata,
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
    )
    return records, ends


RECORDS, ENDS = event_log_tables(sa.MetaData())


class SqlEventLog:
    def __init__(
        self, database: Database, module: str, partitions: int, *, own: bool = False
    ) -> None:
        """`module`: whose tables it has.

        `own`: whether the database is closed with it.
        """
        self._database = database
        self._engine = database.module(module)
        self._partitions = partitions
        self._own = own
        self._appended = asyncio.Event()

    @classmethod
    def at(
        cls, url: str, database: Database, module: str, partitions: int
    ) -> SqlEventLog:
        """In another database, where a URL is given, else in this one."""
        if not url:
            return cls(database, module, partitions)
        return cls(Database(url, pool_size=4), module, partitions, own=True)

    async def append(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        values: defaultdict[int, list[bytes]] = defaultdict(list)
        for key, value in entries:
            values[partition_of(key, self._partitions)].append(value)
        rows: list[dict[str, Any]] = []
        async with connected(self._engine, writing=True) as connection:
            for partition in sorted(values):  # or two might wait for each other
                added = values[partition]
                first = await _take(connection, partition, len(added))
                moment = now()
                for position, value in enumerate(added, first):
                    rows.append(
                        {
                            "partition": partition,
                            "position": position,
                            "at": moment,
                            "value": value,
                        }
                    )
            if rows:
                await connection.execute(RECORDS.insert(), rows)
        self._appended.set()

    async def read(
        self, positions: Mapping[int, int], limit: int, wait: float
    ) -> list[Record]:
        end = time.monotonic() + wait
        while True:
            self._appended = asyncio.Event()
            found = await self._read(positions, limit)
            left = end - time.monotonic()
            if found or left <= 0:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, POLL)):
                    await self._appended.wait()

    async def _read(self, positions: Mapping[int, int], limit: int) -> list[Record]:
        share = max(1, limit // max(1, len(positions)))
        selects = []
        for partition, position in sorted(positions.items()):
            wanted = sa.select(RECORDS).where(
                RECORDS.c.partition == partition, RECORDS.c.position >= position
            )
            wanted = wanted.order_by(RECORDS.c.position).limit(share)
            selects.append(sa.select(wanted.subquery()))
        if not selects:
            return []
        async with connected(self._engine) as connection:
            result = await connection.execute(sa.union_all(*selects))
        return [
            Record(row.partition, row.position, row.at, row.value)
            for row in result.all()
        ]

    async def begins(self) -> Mapping[int, int]:
        first = sa.select(
            RECORDS.c.partition, sa.func.min(RECORDS.c.position).label("position")
        )
        found = await self._positions(first.group_by(RECORDS.c.partition))
        return {**await self.ends(), **found}

    async def ends(self) -> Mapping[int, int]:
        found = await self._positions(sa.select(ENDS.c.partition, ENDS.c.position))
        return {**dict.fromkeys(range(self._partitions), 0), **found}

    async def since(self, moment: datetime) -> Mapping[int, int]:
        first = sa.select(
            RECORDS.c.partition, sa.func.min(RECORDS.c.position).label("position")
        )
        first = first.where(RECORDS.c.at >= moment).group_by(RECORDS.c.partition)
        return {**await self.ends(), **await self._positions(first)}

    async def expire(self, before: datetime) -> int:
        return await delete_old(self._engine, RECORDS.c.at, before)

    async def close(self) -> None:
        if self._own:
            await self._database.close()

    async def _positions(self, query: sa.Select[Any]) -> dict[int, int]:
        async with connected(self._engine) as connection:
            result = await connection.execute(query)
        return {row.partition: row.position for row in result.all()}


async def _take(connection: AsyncConnection, partition: int, count: int) -> int:
    """The first of so many offsets, which nobody else gets."""
    new = {"partition": partition, "position": count}
    statement = upsert(connection, ENDS).values(new)
    statement = statement.on_conflict_do_update(
        index_elements=[ENDS.c.partition],
        set_={"position": ENDS.c.position + count},
    )
    end = await connection.scalar(statement.returning(ENDS.c.position))
    return int(end) - count
