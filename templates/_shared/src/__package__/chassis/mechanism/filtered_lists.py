"""Filters that combine, over HTTP: `?status=a&status=b&price_from=5&sort=-price,name`.

A range is `FIELD_from` and `FIELD_to`, plain words as all other parameters are: brackets
have to be escaped in an address, and cannot name a parameter in Python. It takes in its
beginning and not its end, so that ranges one after the other have each row once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from .errors import ValidationFailed
from .filters import Filter, FilteredQuery, Filters, Order
from .persistence import Listing, Query
from .rest import ListQuery

T = TypeVar("T")
Several = Annotated[tuple[T, ...], Field(max_length=20)]  # values of one filter
SORTS_MOST = 3  # fields that one list is sorted by
# a cursor has the place in each of these
After = Annotated[str | None, Field(max_length=8000)]


class FilteredListQuery(ListQuery):
    """The parameters of a list whose filters combine; a subclass adds them, and says in
    `OFFERED` which they are.
    """

    OFFERED: ClassVar[Filters]

    after: After = Field(None, description="The `next` of the page before")
    sort: str | None = Field(
        None,
        max_length=300,
        description=f"At most {SORTS_MOST} fields with commas between, - for descending",
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.SEVERAL = frozenset(cls.OFFERED.exact + cls.OFFERED.ranges)

    def of(self, offered: Sequence[Listing]) -> Query:
        """The query that these filters make; they serve what is `offered`, too
        (ValidationFailed: one is not there).
        """
        unknown = dict.fromkeys(self.model_extra or (), "is not offered")
        if unknown:
            raise ValidationFailed(
                f"Not such a list; offered: {self.OFFERED}", **unknown
            )
        where = [self._filter(name) for name in self.OFFERED.exact]
        where += [self._range(name) for name in self.OFFERED.ranges]
        return FilteredQuery(
            limit=self.limit,
            after=self.after,
            where=tuple(one for one in where if one != Filter(one.field)),
            order=self._order(),
        )

    def _filter(self, name: str) -> Filter:
        return Filter(name, getattr(self, name))

    def _range(self, name: str) -> Filter:
        bounds: list[Any] = [getattr(self, f"{name}_{end}") for end in ("from", "to")]
        return Filter(name, getattr(self, name), *bounds)

    def _order(self) -> tuple[Order, ...]:
        if self.sort is None:
            return (Order("id", descending=True),)
        words = self.sort.split(",")
        order = tuple(
            Order(word.removeprefix("-"), word.startswith("-")) for word in words
        )
        names = [one.field for one in order]
        wrong = not set(names) <= set(self.OFFERED.sorts)
        if wrong or len(set(names)) < len(names) or len(names) > SORTS_MOST:
            raise ValidationFailed(
                f"Not such an order; offered: {self.OFFERED}",
                sort="is not offered like this",
            )
        return order
