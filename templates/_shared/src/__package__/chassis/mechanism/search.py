"""Full-text search: rows that have all words of a search, the last one as the beginning of
a word, whatever their case.

Adapter: `sql_search.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

from .persistence import Query

WORD_MOST = 200  # characters that count of a word
# bytes of a row's distinct words; it is not found by those that come later
ROW_MOST = 500_000


@dataclass(frozen=True, slots=True)
class SearchQuery(Query):
    """In place of filters, the words that all rows must have; the newest first."""

    words: tuple[str, ...] = ()


def words_of(text: str) -> list[str]:
    """Its words as they are compared: letters and digits in a row, in lower case."""
    found = re.findall(r"[^\W_]+", normalize("NFC", text).casefold())
    return [word[:WORD_MOST] for word in found]


def words_of_row(texts: Iterable[str | None]) -> str:
    """All that a row is found by, once each, with spaces between."""
    kept: dict[str, None] = {}
    room = ROW_MOST
    for text in texts:
        for word in words_of(text or ""):
            if word in kept:
                continue
            room -= len(word.encode()) + 1
            if room < 0:
                return " ".join(kept)
            kept[word] = None
    return " ".join(kept)
