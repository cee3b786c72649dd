"""Full-text search: rows that have all words of a search, the last one as the beginning of
a word, whatever their case.

Adapter: `sql_search.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import category, normalize

from .persistence import Query

WORD_MOST = 200  # characters that count of a word
# bytes of a row's distinct words; it is not found by those that come later
ROW_MOST = 500_000
# scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese
UNPARTED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
RUN = re.compile(f"([{UNPARTED}]+)|[^{UNPARTED}]+")
MARKS = ("Mn", "Mc")  # accents and vowel signs: no letters, and part of a word


@dataclass(frozen=True, slots=True)
class SearchQuery(Query):
    """In place of filters, the words that all rows must have; the newest first."""

    words: tuple[str, ...] = ()


def words_of(text: str) -> list[str]:
    """The words of a search as they are compared: letters and digits in a row, in lower
    case; of an unparted script as many pairs of letters as have all of them.
    """
    found: list[str] = []
    for run, unparted in _runs(text):
        last = len(run) - 2
        if unparted and last > 0:
            found += [run[at : at + 2] for at in (*range(0, last, 2), last)]
        else:
            found.append(run[:WORD_MOST])
    return found


def _words_to_find(text: str) -> Iterator[str]:
    """Its words; of an unparted script each letter, and each two in a row."""
    for run, unparted in _runs(text):
        if unparted:
            yield from run
            yield from map("".join, pairwise(run))
        else:
            yield run[:WORD_MOST]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Letters and digits in a row, and whether they are of an unparted script."""
    plain = normalize("NFC", text).casefold()
    words = "".join(
        sign if sign.isalnum() or category(sign) in MARKS else " " for sign in plain
    )
    for word in words.split():
        for run in RUN.finditer(word):
            if any(map(str.isalnum, run[0])):
                yield run[0], run[1] is not None


def words_of_row(texts: Iterable[str | None]) -> str:
    """All that a row is found by, once each, with spaces between."""
    kept: dict[str, None] = {}
    room = ROW_MOST
    for text in texts:
        for word in _words_to_find(text or ""):
            if word in kept:
                continue
            room -= len(word.encode()) + 1
            if room < 0:
                return " ".join(kept)
            kept[word] = None
    return " ".join(kept)
