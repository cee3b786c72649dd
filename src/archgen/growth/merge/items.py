"""Items on lines of their own, merged by what each is called: dependencies, fields,
variables, rows, entries, blocks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence

Lines = list[str]
# yours, what was generated, what is new -> merged; None: what cannot be merged so
Merge = Callable[[Lines, Lines, Lines], Lines | None]
# by what an item is called: its line, and the comments before it
Items = dict[str, Lines]

_ENTRY = re.compile(r"""( *)(?:([\w./$\{}-]+|"[^"]*"|'[^']*'):.*|(- .*))""")


def merge_items(pattern: re.Pattern[str], last: str | None = None) -> Merge:
    """Of lines that each are an item, the first group of the pattern being what it is
    called.

    `last`: what has it may not come before what has not, as a field with a default.
    """

    def merge(yours: Lines, base: Lines, new: Lines) -> Lines | None:
        indents = {
            len(line) - len(line.lstrip())
            for line in (*yours, *base, *new)
            if line.strip() and not line.lstrip().startswith("#")
        }
        sides = [_read_items(pattern, side) for side in (yours, base, new)]
        if len(indents) > 1 or None in sides:
            return None
        mine, was, theirs = (side or {} for side in sides)
        return _join(mine, was, theirs, last)

    return merge


def _read_items(pattern: re.Pattern[str], lines: Sequence[str]) -> Items | None:
    """None where a line is none, one is there twice, or a comment comes after the last."""
    found: Items = {}
    before: Lines = []
    for line in lines:
        before.append(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = pattern.fullmatch(line.rstrip("\r\n"))
        key = next((group for group in match.groups() if group), "") if match else ""
        if not key or key in found:
            return None
        found[key] = before
        before = []
    return found if not any(line.strip() for line in before) else None


def _join(mine: Items, was: Items, theirs: Items, last: str | None) -> Lines | None:
    """Merged item by item: what is new comes after what it follows there; None where
    both say one otherwise.
    """
    kept: Items = {}
    for key in {**mine, **was, **theirs}:
        ours, old, its = mine.get(key), was.get(key), theirs.get(key)
        said = its if ours == old else ours
        same = ours == its or (ours and its and _has_all(ours, its))
        if ours != old and its != old and not same:
            return None
        if said is not None:
            kept[key] = said
    order = [key for key in mine if key in kept]
    place = 0
    for key in theirs:
        if key in order:
            place = order.index(key) + 1
        elif key in kept:
            early = last is not None and last not in kept[key][-1]
            while (
                place < len(order)
                and order[place] not in theirs
                and not (early and str(last) in kept[order[place]][-1])
            ):
                place += 1
            order.insert(place, key)
            place += 1
    return [line for key in order for line in kept[key]]


def _has_all(ours: Lines, its: Lines) -> bool:
    """Whether an item that both made says the same, with no more than comments beside."""
    said = iter([line.strip() for line in ours])
    return all(line.strip() in said for line in its if line.strip())


def merge_entries(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Of entries of a mapping, or of a list, in YAML that come beside each other, each
    with what is in it.
    """
    if any(line.strip() for line in base):
        return None
    mine, theirs = _read_entries(yours), _read_entries(new)
    if mine is None or theirs is None or set(mine) & set(theirs):
        return None
    if {(indent, bool(key)) for indent, key, _ in mine} != {
        (indent, bool(key)) for indent, key, _ in theirs
    }:
        return None
    return [*ended(yours), *new]


def _read_entries(lines: Sequence[str]) -> list[tuple[str, str, str]] | None:
    """Indentation, and the key or the item, of each; None where the lines are not whole
    entries.
    """
    first = next(
        (line for line in lines if line.strip() and not line.lstrip().startswith("#")),
        "",
    )
    match = _ENTRY.fullmatch(first.rstrip("\r\n"))
    if match is None:
        return None
    indent = match[1]
    found = []
    for line in lines:
        text = line.rstrip("\r\n")
        if not text.strip() or text.startswith((f"{indent} ", f"{indent}#")):
            continue
        match = _ENTRY.fullmatch(text)
        if match is None or match[1] != indent:
            return None
        found.append((indent, match[2] or "", match[3] or ""))
    return found


def merge_tables(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Of keys and tables of TOML that come beside each other; keys come before the
    first table, which would have them.
    """
    sides = [_read_tables(side) for side in (yours, new)]
    if (
        any(line.strip() for line in base)
        or None in sides
        or set(sides[0] or ()) & set(sides[1] or ())
    ):
        return None
    first, second = (yours, new) if not _opens(yours) or _opens(new) else (new, yours)
    return [*ended(first), *second]


def _read_tables(lines: Lines) -> list[str] | None:
    """What is said at the top, and the tables in it; None where the lines are no whole
    TOML.
    """
    try:
        tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return None
    heads = [line.strip() for line in lines if line.startswith("[")]
    first = next(
        (n for n, line in enumerate(lines) if line.startswith("[")), len(lines)
    )
    return heads + [line.split("=")[0].strip() for line in lines[:first] if "=" in line]


def _opens(lines: Lines) -> bool:
    """Whether a table begins here, before any key."""
    return next(
        (
            line.startswith("[")
            for line in lines
            if line.strip() and not line.startswith("#")
        ),
        False,
    )


def merge_blocks(pattern: re.Pattern[str]) -> Merge:
    """Of lines, each with what is indented below it or within its braces, that come
    beside each other.
    """

    def merge(yours: Lines, base: Lines, new: Lines) -> Lines | None:
        if any(line.strip() for line in base):
            return _put_beside(pattern, yours, base, new)
        sides = [_read_blocks(pattern, side) for side in (yours, new)]
        if None in sides or set(sides[0] or ()) & set(sides[1] or ()):
            return None
        return [*ended(yours), *new]

    return merge


def _put_beside(
    pattern: re.Pattern[str], yours: Lines, base: Lines, new: Lines
) -> Lines | None:
    """Blocks that one side put before or after what the other made otherwise."""
    for before, its, after in list_around(yours, base, new):
        names = {
            match[1]
            for line in its
            if (match := pattern.fullmatch(line.rstrip("\r\n")))
        }
        blocks = [
            _read_blocks(pattern, side)
            for side in (before, after)
            if any(line.strip() for line in side)
        ]
        if None not in blocks and not any(names & set(found or ()) for found in blocks):
            return [*before, *ended(its), *after]
    return None


def merge_paragraphs(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Of text that both sides put in at one place, or one side beside what the other
    made otherwise; under one heading it is not told which goes where.
    """
    for before, its, after in list_around(yours, base, new):
        headings = [
            {line for line in side if line.startswith("#")}
            for side in ([*before, *after], its)
        ]
        if headings[0] & headings[1]:
            return None
        if any(line.strip() for line in base):
            return [*before, *ended(its), *after]
        return [*ended(yours), *([] if not yours[-1].strip() else ["\n"]), *new]
    return None


def list_around(
    yours: Lines, base: Lines, new: Lines
) -> Iterator[tuple[Lines, Lines, Lines]]:
    """What one side put before what was there, what the other made of that, and what
    the one put after it; for each side that has it whole, at an end.
    """
    for mine, its in ((yours, new), (new, yours)):
        start = len(mine) - len(base)
        if mine[: len(base)] == base:
            yield [], its, mine[len(base) :]
        elif start >= 0 and mine[start:] == base:
            yield mine[:start], its, []


def _read_blocks(pattern: re.Pattern[str], lines: Sequence[str]) -> list[str] | None:
    """What each is called; None where one is not whole."""
    said = [
        line.rstrip("\r\n")
        for line in lines
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not said or said[0][:1] == "\t":
        return None
    indent = len(said[0]) - len(said[0].lstrip())
    depth = 0
    found = []
    for line in said:
        here = len(line) - len(line.lstrip())
        if depth == 0 and here < indent:
            return None
        if depth == 0 and here == indent:
            match = pattern.fullmatch(line)
            if match is None:
                return None
            found.append(match[1])
        if not line.startswith("\t"):
            depth += line.count("{") - line.count("}")
        if depth < 0:
            return None
    return found if depth == 0 else None


def ended(lines: Lines) -> Lines:
    """The lines, the last of which has an end."""
    return (
        [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}\n"]
        if lines
        else lines
    )
