"""Unit of work and repositories on SQL: SQLAlchemy Core, short transactions, optimistic
locking, keyset pagination.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache as remembered
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from .cache import Cache
from .entity import Entity, now
from .errors import ValidationFailed
from .persistence import (
    MAX_PAGE_BYTES,
    ChangeSet,
    Codec,
    IdempotencyKey,
    Listing,
    Page,
    Query,
)
from .sql import Database, FixedDecimal
from .sql_connection import Write, connected
from .sql_errors import check_lengths
from .sql_query import reading_only, select
from .unit_of_work import BaseRepository, BaseUnitOfWork

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class SqlUnitOfWork(BaseUnitOfWork):
    processed: ClassVar[sa.Table]
    jobs: ClassVar[sa.Table]
    # rows that are deleted some time after their `expires_at`
    expiring: ClassVar[tuple[sa.Table, ...]] = ()

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(cache)
        self.database = database
        self.engine = database.module(self.module)

    def repository(self, codec: Codec[E], table: sa.Table) -> SqlRepository[E]:
        return SqlRepository(self, codec, table)

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that cannot write, for SQL on this module's tables; what is
        staged is not seen.
        """
        return reading_only(self.engine, self.module)

    async def select(self, statement: sa.Executable, into: type[T]) -> list[T]:
        """Typed rows of a query of this module's tables; what is staged is not seen."""
        return await select(self.engine, self.module, statement, into)

    async def apply(self, staged: ChangeSet) -> None:
        await self.database.commit(self.module, list(self.writes_of(staged)))

    def writes_of(self, staged: ChangeSet) -> Iterator[Write]:
        """All that the transaction writes."""
        staged.check_size()
        for row in staged.processed:
            values = {
                "key": row.key,
                "fingerprint": row.fingerprint,
                "entity_id": row.entity_id,
                "at": now(),
            }
            yield Write(self.processed, None, values)
        for (name, _), (before, after) in staged.changes.items():
            added_and_deleted = before is None and after is None
            if not added_and_deleted:
                yield self.repository_of[name].write(before, after)

    async def find_processed(self, key: str) -> IdempotencyKey | None:
        row = await self.database.load(self.module, self.processed.c.key, key)
        if row is None:
            return None
        return IdempotencyKey(row["key"], row["fingerprint"], row["entity_id"])


class SqlRepository(BaseRepository[E]):
    def __init__(self, unit: SqlUnitOfWork, codec: Codec[E], table: sa.Table) -> None:
        super().__init__(unit, codec, table.name)
        self._database = unit.database
        self._engine = unit.engine
        self._table = table

    async def load(self, entity_id: UUID) -> E | None:
        row = await self._database.load(self._unit.module, self._table.c.id, entity_id)
        if row is None:
            return None
        return self._entity(row)

    async def find(self, field: str, value: Any) -> E | None:
        statement = sa.select(self._table).where(self._table.c[field] == value)
        found = await self.rows(statement)
        return next(iter(found), None)

    async def page(self, query: Query) -> Page[E]:
        statement = page_of(
            self._table,
            query.listing,
            owned=query.owner is not None,
            behind=query.after is not None,
        )
        found = await self.rows(statement, self._values(query))
        return self._codec.page(found, query)

    async def rows(
        self, statement: sa.Select[Any], values: Mapping[str, Any] | None = None
    ) -> list[E]:
        """The entities that a query of this table's columns finds; `values`: of its
        parameters.
        """
        async with connected(self._engine) as connection:
            result = await connection.execute(statement, values)
        return [self._entity(row) for row in result.mappings()]

    def write(self, before: E | None, after: E | None) -> Write:
        if after is None:
            return Write(self._table, before, None)
        self._codec.document(after)
        row = self._codec.adapter.dump_python(after)
        check_lengths(self._table, row)
        return Write(self._table, before, row)

    def _entity(self, row: sa.RowMapping) -> E:
        return self._codec.adapter.validate_python(dict(row))

    def _values(self, query: Query) -> dict[str, Any]:
        listing = query.listing
        values: dict[str, Any] = {"rows": query.limit + 1, "owner": query.owner}
        for name in listing.filters:
            values[f"is_{name}"] = query.filters[name]
        if query.after is not None:
            value, entity_id = self._codec.after(query.after, listing.sort)
            kind = self._table.c[listing.sort].type
            if isinstance(kind, FixedDecimal) and value.adjusted() >= 18 - kind.scale:
                raise ValidationFailed(
                    "Not a cursor of this list", after="is further than any row can be"
                )
            values["last"] = value
            values["last_id"] = entity_id
        return values


@remembered  # to build a statement takes longer than to run it
def page_of(
    table: sa.Table, listing: Listing, *, owned: bool, behind: bool
) -> sa.Select[Any]:
    """Keyset pagination: `owned`: one owner's rows alone; `behind`: those after the
    last row of the page before.
    """
    columns = table.c
    sort = columns[listing.sort]
    statement = sa.select(table).order_by(*_order(columns, listing))
    statement = statement.limit(sa.bindparam("rows", type_=sa.Integer()))
    if owned:
        statement = statement.where(columns.owner_id == sa.bindparam("owner"))
    for name in listing.filters:
        statement = statement.where(columns[name] == sa.bindparam(f"is_{name}"))
    if sort.nullable:
        statement = statement.where(sort.is_not(None))
    if behind:
        statement = statement.where(_behind(columns, listing))
    return _fitting(statement, table, listing)


def _behind(columns: Any, listing: Listing) -> sa.ColumnElement[bool]:
    """Rows after the last one in the order of the listing, told by a comparison of
    tuples, which an index serves.
    """
    place: sa.ColumnElement[Any] = columns.id
    last: sa.ColumnElement[Any] = sa.bindparam("last_id", type_=sa.Uuid())
    if listing.sort != "id":
        sort = columns[listing.sort]
        place = sa.tuple_(sort, place)
        last = sa.tuple_(sa.bindparam("last", type_=sort.type), last)
    if listing.descending:
        return place < last
    return place > last


def _fitting(
    statement: sa.Select[Any], table: sa.Table, listing: Listing
) -> sa.Select[Any]:
    """Where rows may be large, only as many as fit a page and one more: the database
    leaves out the others.
    """
    large = [
        column.name
        for column in table.columns
        if isinstance(column.type, sa.Text | sa.JSON)
    ]
    if not large:
        return statement
    row = statement.subquery().c
    sizes = [
        sa.func.coalesce(sa.func.length(sa.cast(row[name], sa.Text)), 0)
        for name in large
    ]
    size = sum(sizes, sa.literal(0))
    before = sa.func.sum(size).over(order_by=_order(row, listing)) - size
    sized = sa.select(*row, before.label("_before")).subquery().c
    kept = sa.select(*[sized[column.name] for column in table.columns])
    kept = kept.where(sized["_before"] <= MAX_PAGE_BYTES)
    return kept.order_by(*_order(sized, listing))


def _order(columns: Any, listing: Listing) -> list[sa.ColumnElement[Any]]:
    """By what the listing sorts by, then by id."""
    names = dict.fromkeys([listing.sort, "id"])
    if listing.descending:
        return [columns[name].desc() for name in names]
    return [columns[name].asc() for name in names]
