"""Repositories and the unit of work on SQL: SQLAlchemy Core, short transactions, optimistic locking."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .cache import Cache
from .entity import Entity, now
from .errors import Conflict, Stale
from .sql import Database, connected
from .store import Codec, Handled, Listing, Page, Query, Repeat, Staged, answered

E = TypeVar("E", bound=Entity)


class SqlUnit:
    """Storage of one module for one use case. A module's unit names its repositories as attributes."""

    module: ClassVar[str]
    handled: ClassVar[sa.Table]

    def __init__(self, database: Database, cache: Cache) -> None:
        self.engine = database.module(self.module)
        self.cache = cache
        self.staged = Staged()
        self._repositories: dict[str, SqlRepository[Any]] = {}

    def repository(self, codec: Codec[E], table: sa.Table) -> SqlRepository[E]:
        found = self._repositories[table.name] = SqlRepository(self, codec, table)
        return found

    async def repeated(self, request: Repeat | None) -> UUID | None:
        return answered(request, await self._find_handled(request.key)) if request else None

    def remember(self, request: Repeat | None, entity_id: UUID) -> None:
        self.staged.remember(request, entity_id)

    async def seen(self, event_id: UUID) -> bool:
        if await self._find_handled(str(event_id)):
            return True
        self.staged.handled.append(Handled(str(event_id)))
        return False

    async def commit(self) -> None:
        staged, self.staged = self.staged, Staged()
        staged.check()
        async with connected(self.engine, writing=True) as connection:
            await self._write(connection, staged)
        for (table, _), (before, after) in staged.changes.items():
            await self._repositories[table].remember(before, after)

    async def _write(self, connection: AsyncConnection, staged: Staged) -> None:
        for row in staged.handled:
            values = {"key": row.key, "fingerprint": row.fingerprint, "entity_id": row.entity_id, "at": now()}
            try:
                await connection.execute(self.handled.insert().values(values))
            except IntegrityError as error:  # the same request or event, handled at this very moment
                raise Stale from error
        for (table, _), (before, after) in staged.changes.items():
            await self._repositories[table].write(connection, before, after)

    async def _find_handled(self, key: str) -> Handled | None:
        table = self.handled
        async with connected(self.engine) as connection:
            row = (await connection.execute(sa.select(table).where(table.c.key == key))).one_or_none()
        return Handled(row.key, row.fingerprint, row.entity_id) if row else None


class SqlRepository(Generic[E]):
    def __init__(self, unit: SqlUnit, codec: Codec[E], table: sa.Table) -> None:
        self._unit = unit
        self._codec = codec
        self._table = table

    async def get(self, entity_id: UUID) -> E | None:
        staged = self._unit.staged.changes.get((self._table.name, entity_id))
        if staged:
            return staged[1]  # type: ignore[no-any-return]
        found = await self.rows(sa.select(self._table).where(self._table.c.id == entity_id))
        return found[0] if found else None

    async def read(self, entity_id: UUID) -> E | None:
        known = await self._unit.cache.get(self._key(entity_id))
        if known is not None:
            return self._codec.adapter.validate_json(known) if known else None
        found = await self.get(entity_id)
        await self.remember(None, found)
        return found

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
        async with connected(self._unit.engine) as connection:
            rows = (await connection.execute(statement)).mappings().all()
        return [self._codec.adapter.validate_python(dict(row)) for row in rows]

    def add(self, entity: E) -> None:
        self._unit.staged.put(self._table.name, entity.id, None, entity)

    def save(self, before: E, after: E) -> None:
        self._unit.staged.put(self._table.name, after.id, before, after)

    def delete(self, entity: E) -> None:
        self._unit.staged.put(self._table.name, entity.id, entity, None)

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

    async def remember(self, before: E | None, after: E | None) -> None:
        """Tells the cache what is there now."""
        if after is not None:
            await self._unit.cache.put(self._key(after.id), after.version, self._codec.adapter.dump_json(after))
        elif before is not None:
            await self._unit.cache.put(self._key(before.id), before.version + 1, b"")

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
        here = sa.tuple_(columns[listing.sort], columns.id)
        there = sa.tuple_(
            sa.bindparam(None, value, columns[listing.sort].type), sa.bindparam(None, entity_id, sa.Uuid())
        )
        return here < there if listing.descending else here > there

    def _values(self, entity: E) -> dict[str, Any]:
        return self._codec.adapter.dump_python(entity)  # type: ignore[no-any-return]

    def _key(self, entity_id: UUID) -> str:
        return f"{self._unit.module}:{self._table.name}:{entity_id}"

    def _conflict(self, message: str, *, deleting: bool) -> Conflict:
        if deleting:
            return Conflict("It is still in use")
        words = set(re.findall(r"[\w.]+", message))  # PostgreSQL names the constraint, SQLite the column
        for column in self._table.columns:
            if {f"uq_{self._table.name}_{column.name}", f"{self._table.name}.{column.name}"} & words:
                return Conflict(f"{column.name} is taken", **{column.name: "is taken"})
        return Conflict("What it refers to is no longer there")
