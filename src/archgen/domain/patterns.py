"""Patterns of strings, in a syntax that every engine reads alike, and values that match
them.

A pattern is of the whole value. It has characters, `.`, classes, groups, `|` and the
repeats `? * + {m,n}`, and nothing that makes an engine slow. `Pattern.text` is the form
in which a project checks it (Rust's engine, by pydantic, in linear time), clients read
it in OpenAPI (ECMAScript) and tools of tests make values of it (Python): `\\d`, `\\w`
and `\\s` are of ASCII, `.` is no end of a line, and nothing matches NUL.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

LENGTH_MOST = 500  # characters of a pattern
REPEAT_MOST = 1_000
DEPTH_MOST = 50
# characters of values that are looked for, until there are enough
LENGTHS = (8, 16, 40, 500)
ENOUGH = 10**6  # values that a shape stands for
STEPS_MOST = 30_000

Ranges = tuple[tuple[int, int], ...]  # of code points, in order, apart from each other
# for each place the characters that may stand there; any choice of them matches
Shape = tuple[str, ...]

LAST = 0x10FFFF
DIGITS: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 13), (32, 32))
_SETS = {"d": DIGITS, "w": WORD, "s": SPACE}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
_LINE_ENDS: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_GROUPS = {
    "?=": "looks ahead, which takes more than linear time",
    "?!": "looks ahead, which takes more than linear time",
    "?<=": "looks behind, which takes more than linear time",
    "?<!": "looks behind, which takes more than linear time",
}


# What all engines read alike as it is written.
_LETTER = r"[A-Za-z0-9 _@:,;#%=<>!-]|\\[.*+?()\[\]{}|^$/]"
_CLASS = r"\[(?:[A-Za-z0-9 _.@:,+/]|-(?!-))+\]"
_REPEAT = r"(?:[?*+]|\{\d+(?:,\d*)?\})(?![?*+{])"
_PLAIN = re.compile(rf"(?:(?:{_LETTER}|{_CLASS}|\))(?:{_REPEAT})?|\((?:\?:)?|\|)*")


class Broken(ValueError):
    """A pattern that is not of this syntax; the message goes to the user."""


@dataclass(frozen=True, slots=True)
class Chars:
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Node
    least: int
    most: int | None


Node = Chars | Sequence | Choice | Repeat


@dataclass(frozen=True, slots=True)
class Pattern:
    """`text`: anchored, as every engine reads it."""

    text: str
    root: Node

    def matches(self, value: str) -> bool:
        return _compiled(self.text).isinstance_python(value)

    def shape(self, least: int, most: int) -> Shape:
        """Values of so many characters, few and many of them where it can be; empty
        where none was found.
        """
        best: Shape = ()
        for longest in sorted({min(most, max(least, length)) for length in LENGTHS}):
            try:
                found = _Shapes(longest).of(self.root, {0: ()})
            except _TooMuchError:
                break
            fitting = {
                length: shape
                for length, shape in found.items()
                if max(least, 1) <= length <= most
            }
            rich = [
                length for length, shape in fitting.items() if count(shape) >= ENOUGH
            ]
            if rich:
                return fitting[min(rich)]
            best = max((best, *fitting.values()), key=count)
        return best

    def unlike(self, least: int, most: int) -> str | None:
        """A value of so many characters that does not match."""
        length = max(least, 1)
        tries = (letter * length for letter in "!a0 \u2603Z")
        return next(
            (text for text in tries if length <= most and not self.matches(text)), None
        )


@cache
def read_pattern(text: str) -> Pattern:
    """What the text means (Broken: it is none, or has what engines read differently)."""
    if len(text) > LENGTH_MOST:
        raise Broken(f"has {len(text)} characters, and {LENGTH_MOST} are the most")
    root = _Reader(text).read()
    pattern = Pattern(_anchored(text, root), root)
    try:
        _compiled(pattern.text)
    except SchemaError:
        raise Broken(
            "is too large to be checked quickly; say a smaller repeat"
        ) from None
    return pattern


def _anchored(text: str, root: Node) -> str:
    """As its author wrote it, where every engine reads that alike; else spelled out."""
    bare = text.removeprefix("^")
    bare = bare[:-1] if bare.endswith("$") and not bare.endswith("\\$") else bare
    if not _PLAIN.fullmatch(bare):
        written = _write(root)
        return f"^(?:{written})$" if isinstance(root, Choice) else f"^{written}$"
    depth, choice = 0, False
    for sign in re.sub(rf"\\.|{_CLASS}", "", bare):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        choice = choice or (sign == "|" and not depth)
    return f"^(?:{bare})$" if choice else f"^{bare}$"


def spell(shape: Shape, number: int) -> str:
    """The value with this number of those that a shape stands for, which sort as their
    numbers do.
    """
    letters = []
    for place in reversed(shape):
        number, rest = divmod(number, len(place))
        letters.append(place[rest])
    return "".join(reversed(letters))


def count(shape: Shape) -> int:
    """How many values a shape stands for."""
    return math.prod(map(len, shape)) if shape else 0


@cache
def _compiled(text: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(strict=True, pattern=text))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def read(self) -> Node:
        root = self._choice()
        if self.at < len(self.text):
            raise self._broken(
                "closes a group that was not opened; write \\) for the character"
            )
        return root

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        if self.depth == 0:
            self._take("^")
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if (
                self.depth == 0
                and self.text[self.at] == "$"
                and self.text[self.at + 1 : self.at + 2] in ("", "|")
            ):
                self.at += 1
                break
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, part: Node) -> Node:
        start = self.at
        if self._take("?"):
            least, most = 0, 1
        elif self._take("*"):
            least, most = 0, None
        elif self._take("+"):
            least, most = 1, None
        elif self._take("{"):
            least, most = self._bounds()
        else:
            return part
        self._take("?")  # as few as can be: of a whole value the same
        if self.text[self.at : self.at + 1] in ("*", "+", "?", "{"):
            raise self._broken("repeats what is repeated already; put it into a group")
        if max(least, most or 0) > REPEAT_MOST or (most is not None and most < least):
            self.at = start
            raise self._broken(
                f"is not a repeat such as {{2,5}} of at most {REPEAT_MOST} times"
            )
        return Repeat(part, least, most)

    def _bounds(self) -> tuple[int, int | None]:
        inside, closed, _ = self.text[self.at :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not all(
            number.isascii() and number.isdigit() for number in (least, most or "0")
        ):
            self.at -= 1
            raise self._broken(
                "is not a repeat such as {2,5}; write \\{ for the character"
            )
        self.at += len(inside) + 1
        if len(least) > 6 or len(most) > 6:
            raise self._broken(f"repeats more than {REPEAT_MOST} times")
        if not comma:
            return int(least), int(least)
        return int(least), int(most) if most else None

    def _atom(self) -> Node:
        letter = self.text[self.at]
        if letter == "(":
            return self._group()
        if letter == "[":
            return self._class()
        if letter in "?*+{":
            raise self._broken(f"repeats nothing; write \\{letter} for the character")
        if letter in "^$":
            raise self._broken(
                f"is an end of the value in its middle; write \\{letter} for the character"
            )
        if letter == ".":
            self.at += 1
            return Chars(_without(_LINE_ENDS))
        if letter == "\\":
            return Chars(self._escape())
        self.at += 1
        return Chars(self._one(letter))

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > DEPTH_MOST:
            raise self._broken(f"is deeper than {DEPTH_MOST} groups")
        start = self.at
        self.at += 1
        for sign, wrong in _GROUPS.items():
            if self.text.startswith(sign, self.at):
                raise self._broken(wrong)
        if self._take("?"):
            if self._take("P<") or self._take("<"):
                self.at = self.text.find(">", self.at) + 1 or len(self.text)
            elif not self._take(":"):
                raise self._broken(
                    "sets how to read, which engines do differently; say both cases as [Aa]"
                )
        found = self._choice()
        if not self._take(")"):
            self.at = start
            raise self._broken(
                "opens a group that is not closed; write \\( for the character"
            )
        self.depth -= 1
        return found

    def _class(self) -> Node:
        start = self.at
        self.at += 1
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            if self.at >= len(self.text):
                self.at = start
                raise self._broken(
                    "opens a class that is not closed; write \\[ for the character"
                )
            first = self._member()
            if self.text[self.at : self.at + 1] == "-" and self.text[
                self.at + 1 : self.at + 2
            ] not in ("]", ""):
                self.at += 1
                last = self._member()
                if (
                    len(first) > 1
                    or len(last) > 1
                    or first[0][0] != first[0][1]
                    or last[0][0] < first[0][0]
                ):
                    raise self._broken("ends a range that does not begin before it")
                if last[0][0] != last[0][1]:
                    raise self._broken(
                        "ends a range that does not end with a character"
                    )
                first = ((first[0][0], last[0][1]),)
            ranges += first
        found = _merged(ranges)
        found = _without(found) if negated else _within(found)
        if not found:
            self.at = start
            raise self._broken("is a class of no character")
        return Chars(found)

    def _member(self) -> Ranges:
        letter = self.text[self.at]
        if letter == "\\":
            return self._escape(among=True)
        if letter == "[":
            raise self._broken(
                "is a class within a class, which engines read differently; write \\[ for the character"
            )
        self.at += 1
        return self._one(letter, among=True)

    def _escape(self, *, among: bool = False) -> Ranges:
        letter = self.text[self.at + 1 : self.at + 2]
        if letter.lower() in _SETS and letter:
            self.at += 2
            found = _SETS[letter.lower()]
            return found if letter.islower() else _without(found)
        if letter in _CONTROLS and letter:
            self.at += 2
            return self._one(_CONTROLS[letter])
        for digits in {"x": (2,), "u": (4,)}.get(letter, ()):
            code = self.text[self.at + 2 : self.at + 2 + digits]
            if len(code) == digits and all(
                digit in "0123456789abcdefABCDEF" for digit in code
            ):
                self.at += 2 + digits
                return self._one(chr(int(code, 16)), among=among)
        if not letter or letter.isalnum() or not letter.isascii():
            raise self._broken(
                f"\\{letter} is not read alike by every engine; there are \\d \\w \\s, \\n \\r \\t, \\xHH and \\uHHHH"
            )
        self.at += 2
        return self._one(letter)

    def _one(self, letter: str, *, among: bool = False) -> Ranges:
        """`among`: as one of a class, which has no NUL whoever names it."""
        if (letter == "\0" and not among) or "\ud800" <= letter <= "\udfff":
            raise self._broken("is a character that cannot be stored")
        return ((ord(letter), ord(letter)),)

    def _take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def _broken(self, what: str) -> Broken:
        there = (
            f"character {self.at + 1}, {self.text[self.at]!r},"
            if self.at < len(self.text)
            else "its end"
        )
        return Broken(f"{there} {what}")


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _without(ranges: Ranges) -> Ranges:
    """All other characters, but NUL and the halves of a character."""
    found = []
    start = 1
    for first, last in _merged([*ranges, (0xD800, 0xDFFF)]):
        if first > start:
            found.append((start, first - 1))
        start = max(start, last + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


def _within(ranges: Ranges) -> Ranges:
    """Without NUL."""
    return tuple((max(first, 1), last) for first, last in ranges if last)


def _write(node: Node) -> str:
    match node:
        case Chars(ranges):
            if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
                return _escaped(ranges[0][0], _SYNTAX)
            return _write_class(ranges)
        case Sequence(parts):
            return "".join(
                f"(?:{_write(part)})" if isinstance(part, Choice) else _write(part)
                for part in parts
            )
        case Choice(options):
            return "|".join(map(_write, options))
        case Repeat(part, least, most):
            inner = _write(part) if isinstance(part, Chars) else f"(?:{_write(part)})"
            signs = {(0, 1): "?", (0, None): "*", (1, None): "+"}
            bounds = (
                f"{{{least}}}"
                if least == most
                else f"{{{least},{'' if most is None else most}}}"
            )
            return inner + signs.get((least, most), bounds)


def _write_class(ranges: Ranges) -> str:
    negated = ranges[-1][1] == LAST
    if negated:
        ranges = tuple(_gaps(ranges))
    special = frozenset("^\\[]-")
    written = [
        _escaped(first, special)
        + (
            ""
            if first == last
            else ("-" if last > first + 1 else "") + _escaped(last, special)
        )
        for first, last in ranges
    ]
    return f"[{'^' if negated else ''}{''.join(written)}]"


def _gaps(ranges: Ranges) -> Iterator[tuple[int, int]]:
    """What lies before and between, without the halves of a character."""
    start = 0
    for first, last in ranges:
        for low, high in (
            (start, min(first - 1, 0xD7FF)),
            (max(start, 0xE000), first - 1),
        ):
            if low <= high:
                yield low, high
        start = last + 1


def _escaped(code: int, special: frozenset[str]) -> str:
    letter = chr(code)
    if letter in special:
        return "\\" + letter
    for name, control in _CONTROLS.items():
        if letter == control:
            return "\\" + name
    if letter.isprintable() or code > 0xFFFF:
        return letter
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class _TooMuchError(Exception):
    """There are too many ways to look at."""


class _Shapes:
    """For each length up to the longest the shape that stands for most values."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.left = STEPS_MOST

    def of(self, node: Node, before: dict[int, Shape]) -> dict[int, Shape]:
        """The shapes of `before`, each followed by one of the node."""
        match node:
            case Chars(ranges):
                return self._then(before, {1: (_letters(ranges),)})
            case Sequence(parts):
                for part in parts:
                    before = self.of(part, before)
                return before
            case Choice(options):
                found: dict[int, Shape] = {}
                for option in options:
                    _keep(found, self.of(option, before))
                return found
            case Repeat(part, least, most):
                return self._repeated(self.of(part, {0: ()}), before, least, most)

    def _repeated(
        self,
        once: dict[int, Shape],
        current: dict[int, Shape],
        least: int,
        most: int | None,
    ) -> dict[int, Shape]:
        found: dict[int, Shape] = {}
        for times in range((self.longest + least if most is None else most) + 1):
            if times >= least:
                _keep(found, current)
            following = self._then(current, once)
            if not following or following == current:
                _keep(found, following)
                break
            current = following
        return found

    def _then(
        self, before: dict[int, Shape], after: dict[int, Shape]
    ) -> dict[int, Shape]:
        found: dict[int, Shape] = {}
        for length, shape in before.items():
            for more, following in after.items():
                self.left -= 1
                if self.left < 0:
                    raise _TooMuchError
                if length + more <= self.longest:
                    _keep(found, {length + more: shape + following})
        return found


def _keep(found: dict[int, Shape], more: dict[int, Shape]) -> None:
    for length, shape in more.items():
        if length not in found or count(found[length]) < count(shape):
            found[length] = shape


def _letters(ranges: Ranges) -> str:
    """Characters of a class that are easy to read, in order: letters, else digits, else
    what there is.
    """
    kinds = (
        (97, 122),
        (65, 90),
        (48, 57),
        (33, 126),
        (32, 126),
        (0xA1, LAST),
        (1, LAST),
    )
    found = ["".join(map(chr, _among(ranges, kind))) for kind in kinds]
    return max(found[:3], key=len) or next(filter(None, found[3:]))


def _among(ranges: Ranges, kind: tuple[int, int]) -> list[int]:
    return [
        code
        for first, last in ranges
        for code in range(
            max(first, kind[0]), min(last, kind[1], max(first, kind[0]) + 36) + 1
        )
    ][:36]
