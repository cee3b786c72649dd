"""Full-text search over HTTP: `?search=words`, page by page, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from .errors import ValidationFailed
from .persistence import Listing, Query
from .rest import ListQuery
from .search import SearchQuery, words_of

SEARCHED_MOST = 20  # words of one search


class SearchedListQuery(ListQuery):
    """The parameters of a list that can be searched."""

    search: str | None = Field(
        None,
        max_length=1000,
        description="Words that rows have, the last one as a beginning; with no filter",
    )

    def of(self, offered: Sequence[Listing]) -> Query:
        """As of any list; or the search (ValidationFailed: it has no words or too many,
        or goes along with a filter or a sort).
        """
        if self.search is None:
            return super().of(offered)
        given = self.model_dump(exclude={"search", "limit", "after"}, exclude_none=True)
        beside = [name for name, value in given.items() if value != ()]
        if beside:
            raise ValidationFailed(
                "A search is in the order of age, and goes with no filter and no sort",
                **dict.fromkeys(beside, "does not go with search"),
            )
        words = tuple(words_of(self.search))
        if not words:
            raise ValidationFailed(
                "A search has words", search="has no letters and no digits"
            )
        if len(words) > SEARCHED_MOST:
            raise ValidationFailed(
                "The search is too long", search=f"has more than {SEARCHED_MOST} words"
            )
        return SearchQuery(limit=self.limit, after=self.after, words=words)
