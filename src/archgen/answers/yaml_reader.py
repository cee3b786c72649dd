"""YAML 1.2 and JSON of unknown origin -> plain data, with the line of each key.

Read from the parser's events: a tag, an anchor or an alias is refused where it stands,
before anything is built from it, and what is too large or too deep is never built.
Scalars are those of YAML 1.2's core schema: `no` is a string, and so is a date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archgen.errors import InputError, Mistake
from archgen.text import shown

MOST_BYTES = 512 * 1024
MOST_DEPTH = 24
MOST_NODES = 50_000

Path = tuple[str, ...]

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII
)
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)", re.ASCII)
_NAN = {".nan", ".NaN", ".NAN"}


@dataclass(frozen=True, slots=True)
class Text:
    """Data read from a text; `lines`: where each key or item stands, 1 for the first
    line.
    """

    data: Any
    lines: Mapping[Path, int] = field(default_factory=dict)


def read_bytes(content: bytes, name: str) -> Text:
    """The data in an answers file called `name`, or InputError that says where it is
    wrong.
    """
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{name} has {len(content) // 1024} KiB, and {MOST_BYTES // 1024} are the most",
            "give an answers file",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not text in UTF-8: byte {error.start} cannot be read",
            "give a YAML or a JSON file",
        ) from None
    if text.lstrip()[:1] == "{" and (found := _json(text)) is not None:
        return found
    return read_yaml(text, name)


def read_yaml(text: str, name: str) -> Text:
    """The data of one YAML document."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        # libyaml's own limit, met by its scanner before the builder's
        if "nesting depth" in problem:
            raise builder.nested(mark.line + 1 if mark is not None else 1) from None
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise InputError(
            f"{name}{line} is not YAML: {problem}",
            "check the indentation and the quotes",
        ) from None
    return Text(builder.root, builder.lines)


def scalar(text: str) -> Any:
    """A plain scalar's value by the core schema of YAML 1.2."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= 100 else float(text)
    if _OTHER_BASE.fullmatch(text) and len(text) <= 100:
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    return float("nan") if text in _NAN else text


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `key`: the key of a mapping whose value comes
    next.
    """

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


class _Builder:
    """Builds plain data from YAML events, without recursion."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Any = None
        self.lines: dict[Path, int] = {}
        self.nodes = 0
        self.documents = 0
        self.open: list[_Open] = []

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.refused(
                    line, "holds more than one document", "keep one of them"
                )
        elif kind == "AliasEvent" or getattr(event, "anchor", None) is not None:
            raise self.refused(
                line,
                "anchors and aliases (& and *) are not taken",
                "write the value out",
            )
        elif kind == "ScalarEvent":
            self._scalar(event, line)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._untagged(event, line)
            self._start({} if kind == "MappingStartEvent" else [], line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.open.pop()

    def _scalar(self, event: Any, line: int) -> None:
        here = self.open[-1] if self.open else None
        self._untagged(event, line)
        if here is not None and isinstance(here.value, dict) and here.key is None:
            if event.value in here.value:
                raise self.refused(
                    line, f"has the key {shown(event.value)} twice", "keep one of them"
                )
            here.key = event.value
            self.lines[(*here.path, event.value)] = line
            return
        self._place(scalar(event.value) if event.implicit[0] else event.value, line)

    def _start(self, value: dict[str, Any] | list[Any], line: int) -> None:
        here = self.open[-1] if self.open else None
        if here is not None and isinstance(here.value, dict) and here.key is None:
            raise self.refused(
                line, "a key is a word, not a list or a mapping", "check the brackets"
            )
        if len(self.open) >= MOST_DEPTH:
            raise self.nested(line)
        path = self._place(value, line)
        self.open.append(_Open(value, path))

    def _place(self, value: Any, line: int) -> Path:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.refused(
                line, f"holds more than {MOST_NODES} values", "an answers file is short"
            )
        if not self.open:
            self.root = value
            return ()
        here = self.open[-1]
        if isinstance(here.value, list):
            path = (*here.path, str(len(here.value)))
            here.value.append(value)
            self.lines[path] = line
        else:
            assert here.key is not None
            path = (*here.path, here.key)
            here.value[here.key] = value
            here.key = None
        return path

    def _untagged(self, event: Any, line: int) -> None:
        if event.tag is not None and event.tag != "!":
            raise self.refused(
                line, f"the tag {shown(event.tag)} is not taken", "leave it out"
            )

    def nested(self, line: int) -> InputError:
        return self.refused(
            line, f"is nested more than {MOST_DEPTH} deep", "an answers file is flat"
        )

    def refused(self, line: int, message: str, hint: str) -> InputError:
        return InputError([Mistake(f"{self.name}, line {line}", message, hint)], hint)


def _json(text: str) -> Text | None:
    """The data, if the text is JSON through and through; YAML's own words are better
    for what is wrong with it.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) < len(items):
            raise ValueError("twice")
        return dict(items)

    try:
        data = json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return None
    return Text(data) if _within(data) else None


def _within(data: Any) -> bool:
    """Whether JSON data keeps to the limits of depth and number."""
    level, nodes, depth = [data], 0, 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MOST_NODES or depth > MOST_DEPTH + 1:
            return False
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return True
