"""Group commit and batched reads: in one tick of the event loop one transaction for all writes, one query for all reads.

Under load that is a fraction of the round trips. Nobody suffers for another: a group that the database refuses is cut in
halves that are tried again, until everyone has heard what became of their own.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .batching import DataLoader
from .entity import Entity
from .errors import StaleVersion, Unavailable
from .sql_errors import RETRY_CODES, error_code, is_unavailable, translate_error

log = logging.getLogger(__name__)


@asynccontextmanager
async def connected(engine: AsyncEngine, *, writing: bool = False) -> AsyncIterator[AsyncConnection]:
    """A connection, in a transaction only when writing; a database that is not there is Unavailable.

    Behind a pooler that gives connections for a transaction each, every read is one.
    """
    try:
        if writing or "in_transactions" in engine.get_execution_options():
            async with engine.begin() as connection:
                yield connection
        else:
            async with engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")
    except (DBAPIError, PoolTimeout, OSError) as error:
        if isinstance(error, DBAPIError) and error_code(error) in RETRY_CODES:
            raise StaleVersion from error
        if isinstance(error, DBAPIError) and not is_unavailable(error):
            raise
        log.warning("the database does not answer: %r", error)
        raise Unavailable("The database does not answer") from error


class Write(NamedTuple):
    """A row: with `values` alone it is new, with `before` alone it goes, with both it changes. `more`: beside it, new too."""

    table: sa.Table
    before: Entity | None
    values: dict[str, Any] | None
    more: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Transaction:
    """What is written in this order, all of it or nothing."""

    writes: Sequence[Write]


def reading(engine: AsyncEngine, key: sa.Column[Any], *, arrays: bool) -> DataLoader[Any, sa.RowMapping]:
    """Reads of rows by this column, their key. `arrays`: whether the database has them."""
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


def writing(engine: AsyncEngine) -> DataLoader[Transaction, Exception]:
    """Writes. What `get` gives is why one was refused: Conflict, StaleVersion, or a defect."""

    async def write(transactions: Sequence[Transaction]) -> Mapping[Transaction, Exception]:
        group: list[Transaction] = []
        refused: dict[Transaction, Exception] = {}
        taken: set[tuple[sa.Table, UUID]] = set()
        for transaction in transactions:
            rows = {(write.table, write.before.id) for write in transaction.writes if write.before}
            if taken.isdisjoint(rows):
                taken |= rows
                group.append(transaction)
            else:
                refused[transaction] = StaleVersion()  # it has not seen what the other one does to them
        try:
            await _commit(engine, group)
        except Exception as error:  # noqa: BLE001 - whoever it belongs to raises it
            away = isinstance(error, Unavailable) and not isinstance(error, StaleVersion)
            if away or len(group) == 1:
                return refused | dict.fromkeys(group, error)
            middle = len(group) // 2
            refused |= await write(group[:middle])
            refused |= await write(group[middle:])
        return refused

    return DataLoader(write)


async def _commit(engine: AsyncEngine, transactions: Sequence[Transaction]) -> None:
    """One transaction: the first write of each, row by row in an order that all keep, then the second, and so on."""
    async with connected(engine, writing=True) as connection:
        for turn in zip_longest(*(transaction.writes for transaction in transactions)):
            new: defaultdict[sa.Table, list[Any]] = defaultdict(list)
            changes: list[tuple[Entity, Write]] = []
            for write in filter(None, turn):
                if write.before is None:
                    new[write.table] += [write.values, *write.more]
                else:
                    changes.append((write.before, write))
            for before, write in sorted(changes, key=lambda change: change[0].id):  # or two groups might deadlock
                await _change(connection, write.table, before, write.values)
            for table, rows in new.items():
                with _translated(table):
                    await connection.execute(table.insert(), rows)


async def _change(connection: AsyncConnection, table: sa.Table, before: Entity, values: dict[str, Any] | None) -> None:
    """Optimistic locking: nothing is written unless the row still has the version that was read."""
    deleting = values is None
    change: sa.Delete | sa.Update = table.update()
    if deleting:
        change = table.delete()
    change = change.where(table.c.id == before.id, table.c.version == before.version)
    with _translated(table, deleting=deleting):
        changed = await connection.execute(change, values)
    if changed.rowcount == 0:
        raise StaleVersion


@contextmanager
def _translated(table: sa.Table, *, deleting: bool = False) -> Iterator[None]:
    """Raises what a refusal means, where the client can mend it."""
    try:
        yield
    except DBAPIError as error:
        if error_code(error) in RETRY_CODES or is_unavailable(error):
            raise
        problem = translate_error(error, table, deleting=deleting)
        if problem is None:
            raise
        raise problem from error
