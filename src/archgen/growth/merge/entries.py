"""Entries that an owner added to mappings of a YAML file, put into another file that
has these mappings.

A service of a compose file is whole wherever it stands: what stood beside it may all be
gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Lines = Sequence[str]

_ENTRY = re.compile(r"( *)([\w.-]+):(.*)")


def carry_entries(yours: str, base: str, new: str) -> str | None:
    """`new` with the entries that `yours` has more than `base`; None where anything
    else is otherwise, or `new` has no place for them.
    """
    mine, result = yours.splitlines(keepends=True), new.splitlines(keepends=True)
    insertions = _list_insertions(base.splitlines(keepends=True), mine)
    if insertions is None:
        return None
    for start, stop in insertions:
        block = mine[start:stop]
        keys = _list_keys(block)
        path = (
            _path(mine, start, len(block[0]) - len(block[0].lstrip())) if keys else ()
        )
        place = _find(result, path) if path else None
        if place is None or keys & _children(result, place):
            return None
        result[place + 1 : place + 1] = block
    return "".join(result)


def _list_insertions(base: Lines, mine: Lines) -> list[tuple[int, int]] | None:
    """The lines of `mine` that are more, the last ones first; None where some are
    otherwise.
    """
    found = []
    for kind, _, _, start, stop in SequenceMatcher(
        None, base, mine, autojunk=False
    ).get_opcodes():
        if kind == "insert":
            found.append(_align(mine, start, stop))
        elif kind != "equal":
            return None
    return found[::-1]


def _align(lines: Lines, start: int, stop: int) -> tuple[int, int]:
    """The same insertion, from the line on where an entry begins: which of two equal
    lines is new, nobody can tell.
    """
    while (
        start > 0 and lines[start - 1] == lines[stop - 1] and not lines[start].strip()
    ):
        start, stop = start - 1, stop - 1
    while (
        not lines[start].strip() and stop < len(lines) and lines[stop] == lines[start]
    ):
        start, stop = start + 1, stop + 1
    return start, stop


def _list_keys(block: Lines) -> set[str]:
    """The keys of a block of whole entries beside each other; none where it is not
    that.
    """
    first = _ENTRY.match(block[0]) if block else None
    if first is None or not first[1]:
        return set()
    keys = set()
    for line in block:
        text = line.rstrip()
        if not text or text.startswith((f"{first[1]} ", f"{first[1]}#")):
            continue
        entry = _ENTRY.match(text)
        if entry is None or entry[1] != first[1]:
            return set()
        keys.add(entry[2])
    return keys


def _path(lines: Lines, at: int, indent: int) -> tuple[str, ...]:
    """The keys of the mappings around a line; none where that cannot be told."""
    path: list[str] = []
    for line in reversed(lines[:at]):
        entry = _ENTRY.match(line)
        if (
            line.strip()
            and not line.lstrip().startswith("#")
            and len(line) - len(line.lstrip()) < indent
        ):
            if entry is None:
                return ()
            path.insert(0, entry[2])
            indent = len(entry[1])
            if not indent:
                return tuple(path)
    return ()


def _find(lines: Lines, path: Sequence[str]) -> int | None:
    """The line of the mapping at a path."""
    for number, line in enumerate(lines):
        entry = _ENTRY.match(line)
        if entry and entry[2] == path[-1] and not entry[3].split("#")[0].strip():
            around = _path(lines, number, len(entry[1])) if entry[1] else ()
            if (*around, entry[2]) == tuple(path):
                return number
    return None


def _children(lines: Lines, at: int) -> set[str]:
    return set(_list_children(lines, at))


def _list_children(lines: Lines, at: int) -> Iterator[str]:
    """The keys of a mapping, which begins behind this line."""
    outer = len(lines[at]) - len(lines[at].lstrip())
    indent = None
    for line in lines[at + 1 :]:
        entry = _ENTRY.match(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        if depth <= outer:
            return
        indent = depth if indent is None else indent
        if entry and depth == indent:
            yield entry[2]
