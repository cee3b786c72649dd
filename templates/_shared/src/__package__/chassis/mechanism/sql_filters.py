"""Filters that combine, on SQL: conditions on indexed columns, and keyset pagination in
any order of several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from .entity import Entity
from .errors import ValidationFailed
from .filters import FilteredQuery, Filters, Order
from .persistence import MAX_PAGE_BYTES, Listing, Page, Query
from .sql_unit_of_work import SqlRepository

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of the order, and its value in the last row before a page."""

    column: sa.ColumnElement[Any]
    descending: bool
    value: Any

    def beyond(self) -> sa.ColumnElement[bool]:
        further: sa.ColumnElement[bool] = self.column > self.value
        if self.descending:
            further = self.column < self.value
        return further


class FilteredSqlRepository(SqlRepository[E]):
    async def page(self, query: Query) -> Page[E]:
        if not isinstance(query, FilteredQuery):
            return await super().page(query)
        found = await self._found(query)
        page = self._codec.page(found, query)
        if page.next is None:
            return page
        return Page(page.items, self.place(page.items[-1], query))

    def keys(self, query: Query) -> sa.Select[Any]:
        """The ids of all rows that match, in their order."""
        if not isinstance(query, FilteredQuery):
            return super().keys(query)  # type: ignore[misc, no-any-return]
        return self._matching(query, sa.select(self._table.c.id))

    def place(self, row: E, query: Query) -> str:
        """The cursor behind this row: the place in each field of the order."""
        if not isinstance(query, FilteredQuery):
            return self._codec.cursor(row, query.listing.sort)
        return ".".join(self._codec.cursor(row, one.field) for one in query.order)

    async def _found(self, query: FilteredQuery) -> list[E]:
        """As many rows as fit a page, and one more."""
        rows = self._matching(query, sa.select(self._table)).limit(query.limit + 1)
        large = [
            column.name
            for column in self._table.columns
            if isinstance(column.type, sa.Text | sa.JSON)
        ]
        if not large:
            return await self.rows(rows)
        row = rows.subquery().c
        sizes = [
            sa.func.coalesce(sa.func.length(sa.cast(row[name], sa.Text)), 0)
            for name in large
        ]
        size = sum(sizes, sa.literal(0))
        before = sa.func.sum(size).over(order_by=self._ordered(row, query)) - size
        sized = sa.select(*row, before.label("_before")).subquery().c
        kept = sa.select(*[sized[column.name] for column in self._table.columns])
        kept = kept.where(sized["_before"] <= MAX_PAGE_BYTES)
        return await self.rows(kept.order_by(*self._ordered(sized, query)))

    def _matching(
        self, query: FilteredQuery, statement: sa.Select[Any]
    ) -> sa.Select[Any]:
        columns = self._table.c
        if query.owner is not None:
            statement = statement.where(columns.owner_id == query.owner)
        for one in query.where:
            if one.values:
                statement = statement.where(self.among(one.field, one.values))
            if one.low is not None:
                statement = statement.where(columns[one.field] >= one.low)
            if one.high is not None:
                statement = statement.where(columns[one.field] < one.high)
        for by in query.order:
            if columns[by.field].nullable:
                statement = statement.where(columns[by.field].is_not(None))
        statement = statement.order_by(*self._ordered(columns, query))
        if query.after is not None:
            statement = statement.where(_behind(list(self._places(query, query.after))))
        return statement

    def among(self, field: str, values: Sequence[Any]) -> sa.ColumnElement[bool]:
        """That a row has one of these there."""
        return self._table.c[field].in_(values)

    def _ordered(
        self, columns: Any, query: FilteredQuery
    ) -> list[sa.ColumnElement[Any]]:
        """What an order goes by, of these columns."""
        return [
            columns[name].desc() if descending else columns[name].asc()
            for name, descending in self._columns(query.order)
        ]

    def _columns(self, order: Sequence[Order]) -> Iterator[tuple[str, bool]]:
        """The order, and behind it the id, unless it is there."""
        for one in order:
            yield one.field, one.descending
        if order[-1].field != "id":
            yield "id", order[-1].descending

    def _places(self, query: FilteredQuery, after: str) -> Iterator[_Place]:
        """The last row before a page, as far as the order goes by it."""
        cursors = after.split(".")
        if len(cursors) != len(query.order):
            raise ValidationFailed(
                "Not a cursor of this list", after="is of a list in another order"
            )
        values: dict[str, Any] = {}
        for one, cursor in zip(query.order, cursors, strict=True):
            found = self._values(Query(Listing(sort=one.field), after=cursor))
            values |= {one.field: found["last"], "id": found["last_id"]}
        for name, descending in self._columns(query.order):
            yield _Place(self._table.c[name], descending, values[name])


def _behind(last: list[_Place]) -> sa.ColumnElement[bool]:
    """Rows after the last one: a comparison of tuples where all columns go one way, else
    one by one, within the first one's range, which an index serves.
    """
    first = last[0]
    if len({place.descending for place in last}) == 1:
        row = sa.tuple_(*(place.column for place in last))
        end = sa.tuple_(
            *(place.value for place in last), types=[p.column.type for p in last]
        )
        return row < end if first.descending else row > end
    ways = [
        sa.and_(*(one.column == one.value for one in last[:at]), place.beyond())
        for at, place in enumerate(last)
    ]
    return sa.and_(sa.or_(first.beyond(), first.column == first.value), sa.or_(*ways))


def check_filters(
    table: sa.Table, filters: Filters, *links: str, by_owner: bool = False
) -> None:
    """Refuses a filter or an order that no index begins with.

    `links`: filters by rows of another table, which has indexes of its own.
    `by_owner`: each also within an owner's rows.
    """
    first = {tuple(index.columns.keys()[:2]) for index in table.indexes}
    for name in {*filters.exact, *filters.ranges, *filters.sorts} - {*links}:
        wanted = [(name, "id")]
        if by_owner:
            wanted.append(("owner_id", name))
        for columns in wanted:
            if columns not in first:
                raise ValueError(
                    f"No index of {table.name} begins with {columns}: add sa.Index(..., {columns}), and migrate"
                )
