"""Group commit and batched reads: in one tick of the event loop one transaction for all
writes, one query for all reads.

Under load that is a fraction of the round trips. Nobody suffers for another: a group
that the database refuses is cut in halves that are tried again, until everyone has
heard what became of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from .batching import DataLoader
from .entity import Entity
from .errors import StaleVersion, Unavailable
from .sql import Database
from .sql_connection import Write, change, connected, insert


class GroupCommitDatabase(Database):
    """A database that does in one what is asked of it at once."""

    def __init__(self, url: str, pool_size: int = 10, pooler: str = "") -> None:
        super().__init__(url, pool_size, pooler)
        self._reads = cache(
            lambda module, key: _reading(
                self.module(module), key, arrays=not self._embedded
            )
        )
        self._writes = cache(lambda module: _writing(self.module(module)))

    async def load(
        self, module: str, key: sa.Column[Any], value: Any
    ) -> sa.RowMapping | None:
        reads: DataLoader[Any, sa.RowMapping] = self._reads(module, key)
        return await reads.get(value)

    async def commit(self, module: str, writes: Sequence[Write]) -> None:
        refusal = await self._writes(module).get(Transaction(writes))
        if refusal is not None:
            raise refusal


@dataclass(frozen=True, eq=False, slots=True)
class Transaction:
    """What is written in this order, all of it or nothing."""

    writes: Sequence[Write]


def _reading(
    engine: AsyncEngine, key: sa.Column[Any], *, arrays: bool
) -> DataLoader[Any, sa.RowMapping]:
    """Reads of rows by this column, their key.

    `arrays`: whether the database has them.
    """
    keys: sa.BindParameter[Any] = sa.bindparam("keys", expanding=not arrays)
    wanted: sa.ColumnElement[bool] = key.in_(keys)
    if arrays:  # one text for any number of keys, so that the server prepares it once
        wanted = key == sa.any_(sa.cast(keys, ARRAY(key.type)))
    query = sa.select(key.table).where(wanted)

    async def load(batch: Sequence[Any]) -> Mapping[Any, sa.RowMapping]:
        async with connected(engine) as connection:
            found = await connection.execute(query, {"keys": list(batch)})
        return {row[key.name]: row for row in found.mappings()}

    return DataLoader(load)


def _writing(engine: AsyncEngine) -> DataLoader[Transaction, Exception]:
    """Writes.

    What `get` gives is why one was refused: Conflict, StaleVersion, or a defect.
    """

    async def write(
        transactions: Sequence[Transaction],
    ) -> Mapping[Transaction, Exception]:
        group: list[Transaction] = []
        refused: dict[Transaction, Exception] = {}
        taken: set[tuple[sa.Table, UUID]] = set()
        for transaction in transactions:
            rows = {
                (write.table, write.before.id)
                for write in transaction.writes
                if write.before
            }
            if taken.isdisjoint(rows):
                taken |= rows
                group.append(transaction)
            else:
                # it has not seen what the other one does to them
                refused[transaction] = StaleVersion()
        try:
            await _commit(engine, group)
        except Exception as error:  # noqa: BLE001 - whoever it belongs to raises it
            away = isinstance(error, Unavailable) and not isinstance(
                error, StaleVersion
            )
            if away or len(group) == 1:
                return refused | dict.fromkeys(group, error)
            middle = len(group) // 2
            refused |= await write(group[:middle])
            refused |= await write(group[middle:])
        return refused

    return DataLoader(write)


async def _commit(engine: AsyncEngine, transactions: Sequence[Transaction]) -> None:
    """One transaction: the first write of each, row by row in an order that all keep,
    then the second, and so on.
    """
    async with connected(engine, writing=True) as connection:
        for turn in zip_longest(*(transaction.writes for transaction in transactions)):
            new: defaultdict[sa.Table, list[Any]] = defaultdict(list)
            changes: list[tuple[Entity, Write]] = []
            for write in filter(None, turn):
                if write.before is None:
                    new[write.table] += [write.values, *write.more]
                else:
                    changes.append((write.before, write))
            # or two groups might deadlock
            for before, write in sorted(changes, key=lambda changed: changed[0].id):
                await change(connection, write.table, before, write.values)
            for table, rows in new.items():
                await insert(connection, table, rows)
