"""Offset pagination on SQL: the page by its number is the page behind the row before
it, which is found on the index of the list.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache as remembered
from typing import Any, TypeVar

import sqlalchemy as sa

from .entity import Entity
from .errors import ValidationFailed
from .numbered_pages import EXACT_MOST, NumberedPage
from .persistence import Listing, Page, Query
from .sql_connection import connected
from .sql_unit_of_work import SqlRepository

E = TypeVar("E", bound=Entity)


class NumberedSqlRepository(SqlRepository[E]):
    async def numbered(self, query: Query, number: int) -> NumberedPage[E]:
        before = (number - 1) * query.limit
        keys, values = self.keys(query), self._values(query)
        if before:
            last = await self._last(keys, {**values, "skipped": before - 1})
            if last is None:
                return await self._counted(Page([], None), keys, values)
            query = replace(query, after=self.place(last, query))
        page = await self.page(query)
        if page.next is None and page.items:
            return NumberedPage(page.items, None, before + len(page.items), True)
        if len(page.items) < query.limit and page.items:
            raise ValidationFailed(
                "The rows of this page are too large for one answer",
                size=f"take {len(page.items)} or fewer, or go by `after`",
            )
        return await self._counted(page, keys, values)

    def keys(self, query: Query) -> sa.Select[Any]:
        """The ids of all rows of a list, in its order."""
        return _keys(self._table, query.listing, owned=query.owner is not None)

    def place(self, row: E, query: Query) -> str:
        """The cursor behind this row."""
        return self._codec.cursor(row, query.listing.sort)

    async def _last(self, keys: sa.Select[Any], values: dict[str, Any]) -> E | None:
        """The last row before a page."""
        place = keys.offset(sa.bindparam("skipped", type_=sa.Integer())).limit(1)
        row = sa.select(self._table).where(self._table.c.id == place.scalar_subquery())
        return next(iter(await self.rows(row, values)), None)

    async def _counted(
        self, page: Page[E], keys: sa.Select[Any], values: dict[str, Any]
    ) -> NumberedPage[E]:
        """The page with its total, counted as far as it is exact."""
        some = keys.order_by(None).limit(EXACT_MOST + 1).subquery()
        async with connected(self._engine) as connection:
            found = await connection.scalar(
                sa.select(sa.func.count()).select_from(some), values
            )
        total = int(found or 0)
        exact = total <= EXACT_MOST
        return NumberedPage(page.items, page.next, min(total, EXACT_MOST), exact)


@remembered
def _keys(table: sa.Table, listing: Listing, *, owned: bool) -> sa.Select[Any]:
    """The ids of a list in its order, all of them on its index."""
    columns = table.c
    sort = columns[listing.sort]
    statement = sa.select(columns.id)
    if owned:
        statement = statement.where(columns.owner_id == sa.bindparam("owner"))
    for name in listing.filters:
        statement = statement.where(columns[name] == sa.bindparam(f"is_{name}"))
    if sort.nullable:
        statement = statement.where(sort.is_not(None))
    for name in dict.fromkeys([listing.sort, "id"]):
        order = columns[name].asc()
        if listing.descending:
            order = columns[name].desc()
        statement = statement.order_by(order)
    return statement
