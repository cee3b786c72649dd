"""Query objects: filters that combine as they are given, and several fields to sort by.

Adapter: `sql_filters.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .persistence import Query


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is filtered and sorted by, any of it together, each on its index.

    `exact`: by values; `ranges`: by values and by a range. A list that is sorted by a
    field that a row may lack leaves out the rows that lack it.
    """

    exact: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [
            *self.exact,
            *(f"{name}, {name}_from, {name}_to" for name in self.ranges),
        ]
        offered = [f"any of {', '.join(words)}"] if words else []
        if self.sorts:
            offered.append(f"sort by {', '.join(self.sorts)}")
        return "; ".join(["no filter", *offered])


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows whose `field` is one of `values`, if there are some, and from `low`
    (included) to `high` (not included), as far as these are there.
    """

    field: str
    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class FilteredQuery(Query):
    """In place of a listing, what all rows must match, and their order; rows that are
    alike in it go by id, as the last of `order` does.
    """

    where: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
