"""Offset pagination over HTTP: a list's parameters `page` and `size`, and a page with its
total.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from .errors import ValidationFailed
from .numbered_pages import EXACT_MOST, NumberedPage
from .persistence import Listing, Query
from .rest import ListQuery, PageOf

T = TypeVar("T")
D = TypeVar("D", bound=BaseModel)


class NumberedListQuery(ListQuery):
    """The parameters of a list that also has pages by number."""

    page: int | None = Field(
        None, ge=1, description="By number, in place of `after`; with a total"
    )
    size: int | None = Field(
        None, ge=1, le=100, description="Rows of each page by number; 20 if not given"
    )

    def of(self, offered: Sequence[Listing]) -> Query:
        """As of any list; its limit is the size of the pages (ValidationFailed: also
        where a page is asked for in two ways, or lies too deep).
        """
        size = self.size or 20
        if self.page is None and self.size is not None:
            raise ValidationFailed("A size is of pages by number", size="say page too")
        if self.page is None:
            return super().of(offered)
        both = self.model_fields_set & {"after", "limit"}
        if both:
            raise ValidationFailed(
                "A page is asked for by its number or by a cursor",
                **dict.fromkeys(both, "does not go with page"),
            )
        if self.page * size > EXACT_MOST:
            raise ValidationFailed(
                f"Pages by number reach the first {EXACT_MOST} rows: go on by `next`",
                page=f"is at most {EXACT_MOST // size} with this size",
            )
        wanted = self.model_copy(update={"page": None, "size": None, "limit": size})
        return super(NumberedListQuery, wanted).of(offered)


class NumberedPageOf(PageOf[T]):
    """`total`: how many rows there are on all pages; where there are more than are
    counted, `exact` is false.
    """

    page: int
    size: int
    total: int
    exact: bool


def numbered_page(
    found: NumberedPage[Any], query: NumberedListQuery, document: type[D]
) -> NumberedPageOf[D]:
    """The page as it travels."""
    return NumberedPageOf(
        items=[document.model_validate(item) for item in found.items],
        next=found.next,
        page=query.page or 1,
        size=query.size or 20,
        total=found.total,
        exact=found.exact,
    )
