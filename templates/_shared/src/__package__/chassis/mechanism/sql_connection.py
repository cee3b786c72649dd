"""Connections and transactions: what is written is written whole, by optimistic
locking, and a refusal says what it means.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .entity import Entity
from .errors import StaleVersion, Unavailable, taken
from .sql_errors import (
    RETRY_CODES,
    error_code,
    is_unavailable,
    translate_error,
    unique_rules,
)

log = logging.getLogger(__name__)
# rows that one statement deletes of those that are old: a statement that does not end in
# its time deletes none
BATCH = 5_000


@asynccontextmanager
async def connected(
    engine: AsyncEngine, *, writing: bool = False
) -> AsyncIterator[AsyncConnection]:
    """A connection, in a transaction only when writing; a database that is not there is
    Unavailable.

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
    """A row: with `values` alone it is new, with `before` alone it goes, with both it
    changes. `more`: beside it, new too.
    """

    table: sa.Table
    before: Entity | None
    values: dict[str, Any] | None
    more: Sequence[dict[str, Any]] = ()


async def load(
    engine: AsyncEngine, key: sa.Column[Any], value: Any
) -> sa.RowMapping | None:
    """The row that has this value in its key."""
    query = sa.select(key.table).where(key == value)
    async with connected(engine) as connection:
        found = await connection.execute(query)
    return found.mappings().first()


async def commit(engine: AsyncEngine, writes: Sequence[Write]) -> None:
    """In this order, all of it or nothing."""
    async with connected(engine, writing=True) as connection:
        for write in writes:
            if write.before is None:
                await insert(connection, write.table, [write.values, *write.more])
            else:
                await change(connection, write.table, write.before, write.values)


async def insert(
    connection: AsyncConnection, table: sa.Table, rows: Sequence[Any]
) -> None:
    with _translated(table):
        try:
            await connection.execute(table.insert(), rows)
        except DBAPIError as error:
            for row in rows:
                await _tell_first(connection, table, error, row)
            raise


async def change(
    connection: AsyncConnection,
    table: sa.Table,
    before: Entity,
    values: dict[str, Any] | None,
) -> None:
    """Optimistic locking: nothing is written unless the row still has the version that
    was read.
    """
    deleting = values is None
    change: sa.Delete | sa.Update = table.update()
    if deleting:
        change = table.delete()
    change = change.where(table.c.id == before.id, table.c.version == before.version)
    with _translated(table, deleting=deleting):
        try:
            changed = await connection.execute(change, values)
        except DBAPIError as error:
            await _tell_first(connection, table, error, values or {})
            raise
    if changed.rowcount == 0:
        raise StaleVersion


async def delete_old(
    engine: AsyncEngine, column: sa.Column[datetime], before: datetime
) -> int:
    """Deletes the rows of before a moment, the oldest first, in batches; gives how many
    that were. The column has an index.
    """
    gone = 0
    while True:
        async with connected(engine, writing=True) as connection:
            deleted = await delete_some(connection, column, before)
        gone += deleted
        if deleted <= BATCH:
            return gone


async def delete_some(
    connection: AsyncConnection, column: sa.Column[datetime], before: datetime
) -> int:
    """Deletes a batch of such rows; if it is more than BATCH, others may be left."""
    old = column < before
    next_batch = sa.select(column).where(old).order_by(column).offset(BATCH).limit(1)
    until = await connection.scalar(next_batch)
    if until is not None:
        old = column <= until
    deleted = await connection.execute(column.table.delete().where(old))
    return deleted.rowcount


async def _tell_first(
    connection: AsyncConnection,
    table: sa.Table,
    error: DBAPIError,
    row: Mapping[str, Any],
) -> None:
    """Of several rules that a row breaks, databases name the first; SQLite, whose
    transaction goes on, names the last, and is asked.
    """
    if error_code(error) != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
        return
    for columns in unique_rules(table):
        values = [row.get(column.name) for column in columns]
        if None in values:
            continue
        same = [column == value for column, value in zip(columns, values, strict=True)]
        found = sa.select(table.c.id).where(*same, table.c.id != row["id"])
        if (await connection.execute(found)).first():
            raise taken(*[column.name for column in columns]) from error


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
