"""Repositories and the unit of work on SQL: SQLAlchemy Core, short transactions, optimistic locking."""

from __future__ import annotations

import re
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .cache import Cache
from .entity import Entity, now
from .errors import Conflict, Invalid, Stale
from .sql import Database, Money, connected
from .store import Codec, Handled, Listing, Page, Query, Staged
from .unit import Rows, Unit

E = TypeVar("E", bound=Entity)


class SqlUnit(Unit):
    handled: ClassVar[sa.Table]
    expiring: ClassVar[tuple[sa.Table, ...]] = ()  # rows that are deleted some time after their `expires_at`

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(cache)
        self.database = database
        self.engine = database.module(self.module)

    def repository(self, codec: Codec[E], table: sa.Table) -> SqlRepository[E]:
        return SqlRepository(self, codec, table)

    async def apply(self, staged: Staged) -> None:
        staged.check()
        async with connected(self.engine, writing=True) as connection:
            await self._write(connection, staged)

    async def _write(self, connection: AsyncConnection, staged: Staged) -> None:
        for row in staged.handled:
            values = {"key": row.key, "fingerprint": row.fingerprint, "entity_id": row.entity_id, "at": now()}
            try:
                await connection.execute(self.handled.insert().values(values))
            except IntegrityError as error:  # the same request or event, handled at this very moment
                raise Stale from error
        for (table, _), (before, after) in staged.changes.items():
            await self.repositories[table].write(connection, before, after)

    async def find_handled(self, key: str) -> Handled | None:
        table = self.handled
        async with connected(self.engine) as connection:
            row = (await connection.execute(sa.select(table).where(table.c.key == key))).one_or_none()
        return Handled(row.key, row.fingerprint, row.entity_id) if row else None


class SqlRepository(Rows[E]):
    def __init__(self, unit: SqlUnit, codec: Codec[E], table: sa.Table) -> None:
        super().__init__(unit, codec, table.name)
        self._engine = unit.engine
        self._table = table
        self._rows = unit.database.reading(unit.module, table)

    async def load(self, entity_id: UUID) -> E | None:
        row = await self._rows.get(entity_id)
        return None if row is None else self._codec.adapter.validate_python(dict(row))

    async def find(self, field: str, value: Any) -> E | None:
        found = await self.rows(sa.select(self._table).where(self._table.c[field] == value))
        return found[0] if found else None

    async def page(self, query: Query) -> Page[E]:
        found = await self.rows(self._select(query))
        items = found[: query.limit]
        more = len(found) > query.limit
        return Page(items, self._codec.cursor(items[-1], query.listing.sort) if more else None)

    async def rows(self, statement: sa.Select[Any]) -> list[E]:
        """The entities that a query of this table's columns finds."""
        async with connected(self._engine) as connection:
            rows = (await connection.execute(statement)).mappings().all()
        return [self._codec.adapter.validate_python(dict(row)) for row in rows]

    async def write(self, connection: AsyncConnection, before: E | None, after: E | None) -> None:
        """One staged change, in the unit's transaction."""
        table = self._table
        try:
            if after is not None and before is None:
                await connection.execute(table.insert().values(self._values(after)))
            elif before is not None:
                mine = sa.and_(table.c.id == before.id, table.c.version == before.version)
                change = table.delete() if after is None else table.update().values(self._values(after))
                if (await connection.execute(change.where(mine))).rowcount == 0:
                    raise Stale
        except IntegrityError as error:
            raise self._conflict(str(error.orig), deleting=after is None) from error

    def _select(self, query: Query) -> sa.Select[Any]:
        columns, listing = self._table.c, query.listing
        sort = columns[listing.sort]
        order = [sort] if listing.sort == "id" else [sort, columns.id]
        statement = sa.select(self._table).limit(query.limit + 1)
        statement = statement.order_by(*[c.desc() if listing.descending else c.asc() for c in order])
        if query.owner is not None:
            statement = statement.where(columns.owner_id == query.owner)
        for name in listing.filters:
            statement = statement.where(columns[name] == query.filters[name])
        if sort.nullable:
            statement = statement.where(sort.is_not(None))
        if query.after is not None:
            statement = statement.where(self._behind(listing, *self._codec.after(query.after, listing.sort)))
        return statement

    def _behind(self, listing: Listing, value: Any, entity_id: UUID) -> sa.ColumnElement[bool]:
        columns = self._table.c
        if listing.sort == "id":
            return columns.id < entity_id if listing.descending else columns.id > entity_id
        kind = columns[listing.sort].type
        if isinstance(kind, Money) and value.adjusted() >= 18 - kind.scale:
            raise Invalid("Not a cursor of this list", after="is further than any row can be")
        here = sa.tuple_(columns[listing.sort], columns.id)
        there = sa.tuple_(
            sa.bindparam(None, value, columns[listing.sort].type), sa.bindparam(None, entity_id, sa.Uuid())
        )
        return here < there if listing.descending else here > there

    def _values(self, entity: E) -> dict[str, Any]:
        return self._codec.adapter.dump_python(entity)  # type: ignore[no-any-return]

    def _conflict(self, message: str, *, deleting: bool) -> Conflict:
        if deleting:
            return Conflict("It is still in use")
        words = set(re.findall(r"[\w.]+", message))  # PostgreSQL names the constraint, SQLite the column
        for column in self._table.columns:
            if {f"uq_{self._table.name}_{column.name}", f"{self._table.name}.{column.name}"} & words:
                return Conflict(f"{column.name} is taken", **{column.name: "is taken"})
        return Conflict("What it refers to is no longer there")
