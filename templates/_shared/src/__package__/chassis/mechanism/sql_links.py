"""Many-to-many relations on SQL: a link table for each field that refers to several
rows, written in the transaction of its row and read with it.

A link table has the id of the row first and that of the row it refers to second, then
`position` where the order is kept, and `row_owner_id` where owners list their own rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache as remembered
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from .entity import Entity
from .persistence import ChangeSet, Codec, Listing, Page, Query
from .sql_connection import Write, change, connected, insert
from .sql_unit_of_work import SqlRepository, SqlUnitOfWork, _fitting

E = TypeVar("E", bound=Entity)
Link = dict[str, Any]  # a row of a link table


class LinkingSqlUnitOfWork(SqlUnitOfWork):
    """`links_of`: by repository, the fields that refer to several rows, and their tables."""

    links_of: ClassVar[Mapping[str, Mapping[str, sa.Table]]]

    def repository(self, codec: Codec[E], table: sa.Table) -> SqlRepository[E]:
        links = self.links_of.get(table.name)
        if links is None:
            return super().repository(codec, table)
        return LinkedRepository(self, codec, table, links)

    async def apply(self, staged: ChangeSet) -> None:
        """Links that go, then rows, then links that come: at no time does one refer to
        nothing.
        """
        changes = list(self._changes(staged))
        if not changes:
            await super().apply(staged)
            return
        async with connected(self.engine, writing=True) as connection:
            for table, before, after in changes:
                await _unlink(connection, table, before, after)
            for write in self.writes_of(staged):
                if write.before is None:
                    await insert(connection, write.table, [write.values, *write.more])
                else:
                    await change(connection, write.table, write.before, write.values)
            for table, before, after in changes:
                new = [link for link in after if link not in before]
                if new:
                    await insert(connection, table, new)

    def _changes(
        self, staged: ChangeSet
    ) -> Iterator[tuple[sa.Table, list[Link], list[Link]]]:
        """For each row and link table that changes, its links before and after; those
        of a row that goes, the database deletes with it.
        """
        for (name, _), (before, after) in staged.changes.items():
            for field, table in self.links_of.get(name, {}).items():
                old, new = _links(table, field, before), _links(table, field, after)
                if after is not None and old != new:
                    yield table, old, new


class LinkedRepository(SqlRepository[E]):
    """A repository of rows that have links."""

    def __init__(
        self,
        unit: SqlUnitOfWork,
        codec: Codec[E],
        table: sa.Table,
        links: Mapping[str, sa.Table],
    ) -> None:
        super().__init__(unit, codec, table)
        self._links = links

    async def load(self, entity_id: UUID) -> E | None:
        found = await self.rows(
            sa.select(self._table).where(self._table.c.id == entity_id)
        )
        return next(iter(found), None)

    async def page(self, query: Query) -> Page[E]:
        """Also by a link: the rows that refer to this one, newest first."""
        field = "".join(query.listing.filters)
        link = self._links.get(field)
        if link is None:
            return await super().page(query)
        statement = linked_page(
            self._table,
            link,
            field,
            owned=query.owner is not None,
            behind=query.after is not None,
        )
        found = await self.rows(statement, self._values(query))
        return self._codec.page(found, query)

    def keys(self, query: Query) -> sa.Select[Any]:
        """The ids of a list, all of them, for pages by number."""
        field = "".join(query.listing.filters)
        link = self._links.get(field)
        if link is None:
            return super().keys(query)  # type: ignore[misc, no-any-return]
        return linked_keys(link, field, owned=query.owner is not None)

    def among(self, field: str, values: Sequence[Any]) -> sa.ColumnElement[bool]:
        """That a row has one of these there, or refers to one; of filters that combine."""
        link = self._links.get(field)
        if link is None:
            return self._table.c[field].in_(values)
        row, target, *_ = link.c
        return self._table.c.id.in_(sa.select(row).where(target.in_(values)))

    async def rows(
        self, statement: sa.Select[Any], values: Mapping[str, Any] | None = None
    ) -> list[E]:
        row_id = statement.selected_columns.id
        for field, link in self._links.items():
            statement = statement.add_columns(_ids(link, row_id).label(field))
        return await super().rows(statement, values)

    def write(self, before: E | None, after: E | None) -> Write:
        write = super().write(before, after)
        for field in self._links:
            if write.values is not None:
                del write.values[field]
        return write

    def _entity(self, row: sa.RowMapping) -> E:
        values = dict(row)
        for field in self._links:
            values[field] = _parsed(values[field])
        return self._codec.adapter.validate_python(values)


def unlinked(listings: Iterable[Listing], *links: str) -> list[Listing]:
    """The lists that indexes of the rows' own table serve: those by no link."""
    return [listing for listing in listings if not set(listing.filters) & set(links)]


@remembered
def linked_page(
    table: sa.Table, link: sa.Table, field: str, *, owned: bool, behind: bool
) -> sa.Select[Any]:
    """Keyset pagination of the rows that refer to one, by the index of the links."""
    row, target, *_ = link.c
    statement = sa.select(table).join(link, row == table.c.id)
    statement = statement.where(target == sa.bindparam(f"is_{field}"))
    if owned:
        statement = statement.where(link.c.row_owner_id == sa.bindparam("owner"))
    if behind:
        statement = statement.where(row < sa.bindparam("last_id", type_=sa.Uuid()))
    statement = statement.order_by(row.desc())
    statement = statement.limit(sa.bindparam("rows", type_=sa.Integer()))
    return _fitting(statement, table, Listing())


@remembered
def linked_keys(link: sa.Table, field: str, *, owned: bool) -> sa.Select[Any]:
    """The ids of the rows that refer to one, newest first, by the index of the links."""
    row, target, *_ = link.c
    statement = sa.select(row.label("id")).where(target == sa.bindparam(f"is_{field}"))
    if owned:
        statement = statement.where(link.c.row_owner_id == sa.bindparam("owner"))
    return statement.order_by(row.desc())


def _ids(link: sa.Table, row_id: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """What a row refers to, in one string: each id, behind its position where it has
    one.
    """
    links = link.alias()
    row, target, *_ = links.c
    word: sa.ColumnElement[str] = sa.cast(target, sa.String)
    if "position" in links.c:
        word = sa.cast(links.c.position, sa.String) + ":" + word
    words = sa.func.aggregate_strings(word, ",")
    return (
        sa.select(words).where(row == row_id).correlate_except(links).scalar_subquery()
    )


def _parsed(words: str | None) -> tuple[UUID, ...]:
    found = []
    for word in filter(None, (words or "").split(",")):
        position, _, target = word.rpartition(":")
        found.append((int(position or 0), UUID(target)))
    return tuple(target for _, target in sorted(found))


def _links(table: sa.Table, field: str, row: Entity | None) -> list[Link]:
    """The rows of the link table that stand for what a row refers to."""
    if row is None:
        return []
    of, to, *more = table.c.keys()
    found = []
    for position, target in enumerate(getattr(row, field)):
        values = {"position": position, "row_owner_id": getattr(row, "owner_id", None)}
        found.append({of: row.id, to: target, **{name: values[name] for name in more}})
    return found


async def _unlink(
    connection: AsyncConnection, table: sa.Table, before: list[Link], after: list[Link]
) -> None:
    row, target, *_ = table.c
    gone = [link for link in before if link not in after]
    if gone:
        of = gone[0][row.name]
        targets = [link[target.name] for link in gone]
        await connection.execute(table.delete().where(row == of, target.in_(targets)))
