"""Edits that do not meet once empty lines are told apart.

Which of two empty lines an edit took out, or put in, nobody can tell. Git takes one, by
which the edit may touch what the other side makes otherwise; by the other one there is
a line between both, and a person sees no conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

from archgen.growth.merge.items import Lines


@dataclass(frozen=True, slots=True)
class _Edit:
    """Lines `start` to `stop` of what was generated become these; `places`: all that
    may be meant, as (start, stop).
    """

    start: int
    stop: int
    lines: Lines
    places: tuple[tuple[int, int], ...]


def merge_apart(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """What both sides make of these lines, whatever they are; None where edits touch,
    by whichever empty line.
    """
    mine, its = _list_edits(base, yours), _list_edits(base, new)
    if any(_meet(one, other) for one, other in product(mine, its)):
        return None
    merged: Lines = []
    at = 0
    for edit in sorted((*mine, *its), key=lambda one: (one.start, one.stop)):
        if edit.start < at:
            return None
        merged += [*base[at : edit.start], *edit.lines]
        at = edit.stop
    return [*merged, *base[at:]]


def _list_edits(base: Lines, side: Lines) -> list[_Edit]:
    codes = SequenceMatcher(None, base, side, autojunk=False).get_opcodes()
    found = []
    for what, start, stop, begin, end in codes:
        if what == "equal":
            continue
        put = side[begin:end]
        moved = {"delete": base[start:stop], "insert": put}.get(what, [])
        found.append(_Edit(start, stop, put, _list_places(base, start, stop, moved)))
    return found


def _list_places(
    base: Lines, start: int, stop: int, moved: Lines
) -> tuple[tuple[int, int], ...]:
    """Where the edit may be that takes out, or puts in, the lines `moved`: past an
    empty line that is like the one at its other end, the text is the same.
    """
    up = down = 0
    while (
        moved
        and up < start
        and _is_passed(base[start - up - 1], moved[~up % len(moved)])
    ):
        up += 1
    while (
        moved
        and stop + down < len(base)
        and _is_passed(base[stop + down], moved[down % len(moved)])
    ):
        down += 1
    return tuple((start + by, stop + by) for by in range(-up, down + 1))


def _is_passed(line: str, end: str) -> bool:
    return line == end and not line.strip()


def _meet(one: _Edit, other: _Edit) -> bool:
    if one.start == one.stop == other.start == other.stop:
        return True  # two insertions, of which nobody can tell which comes first
    return all(
        a <= d and c <= b for (a, b), (c, d) in product(one.places, other.places)
    )
