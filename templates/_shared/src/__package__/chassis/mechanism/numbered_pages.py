"""Offset pagination beside the cursors: pages by number, with a total.

Adapter: `sql_numbered_pages.py`. What is counted is bounded, and so is what pages by
number reach: to go further takes `next`, whose cost does not grow with the depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from .entity import Entity
from .persistence import Page, Query, Repository

E = TypeVar("E", bound=Entity)
EXACT_MOST = 10_000  # rows that are counted, and that pages by number reach


@dataclass(frozen=True, slots=True)
class NumberedPage(Page[E]):
    """`total`: of all pages, `EXACT_MOST` at most. `exact`: false where there are more."""

    total: int
    exact: bool


class NumberedRepository(Repository[E], Protocol):
    async def numbered(self, query: Query, number: int) -> NumberedPage[E]:
        """The page of this number, from 1, of `query.limit` rows each, as they are
        stored (ValidationFailed: they are too large for one answer).

        Beyond the last row it has no items. Rows that are written meanwhile may be in the
        total and in no page, or the other way round.
        """
