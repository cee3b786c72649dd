"""Pagination to the end: all rows of a list, page by page, for what has to be done to
each of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeVar

from .entity import Entity
from .persistence import Listing, Query, Repository

E = TypeVar("E", bound=Entity)


async def every(repository: Repository[E], /, **filters: Any) -> AsyncIterator[E]:
    """All rows with these values."""
    query = Query(Listing(tuple(filters)), filters, limit=100)
    while True:
        page = await repository.page(query)
        for row in page.items:
            yield row
        if page.next is None:
            return
        query = replace(query, after=page.next)
