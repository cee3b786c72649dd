"""An OpenAPI document, JSON or YAML -> plain data with the line of each key, within
bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archgen.errors import InputError, Mistake
from archgen.exchange.source_file import read_source

MOST_BYTES = 8 * 1024 * 1024
NODES_MOST = 400_000
DEPTH_MOST = 100

# A character of JSON that is written as two halves, which YAML does not know; an
# escaped backslash before it is passed over.
_PAIRS = re.compile(
    r"\\\\|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)


def _join(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0]
    return chr(
        0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00
    )


def read_document(
    path: Path, name: str
) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """The document, and the line of each key by its path; InputError where it is none,
    with its line.
    """
    content = read_source(path, name, most=MOST_BYTES, wanted="an OpenAPI document")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(name)
    try:
        text = _PAIRS.sub(_join, content.decode("utf-8-sig").replace("\t", " "))
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except UnicodeDecodeError:
        raise InputError(
            [Mistake(name, "is not text in UTF-8", "save it as UTF-8")]
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark is not None else name
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(
            [
                Mistake(
                    where,
                    f"is neither JSON nor YAML: {said}",
                    "check the quotes and the brackets",
                )
            ]
        ) from None
    if not isinstance(builder.root, dict):
        raise InputError(
            [
                Mistake(
                    name,
                    "is not a mapping of keys to values",
                    "give an OpenAPI document",
                )
            ]
        )
    return builder.root, builder.lines


@dataclass(slots=True)
class _Builder:
    """Plain data from YAML's events, with the line of each key; aliases, and what is
    too deep or too much, are refused.
    """

    name: str
    root: Any = None
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    open: list[tuple[Any, tuple[str, ...]]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    nodes: int = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "AliasEvent":
            raise self._refused(
                line, "aliases (*) are not taken", "write the value out"
            )
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.open.pop()
            self.keys.pop()
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self.open) >= DEPTH_MOST:
                raise self._refused(
                    line, f"is nested more than {DEPTH_MOST} deep", None
                )
            value: Any = {} if kind == "MappingStartEvent" else []
            path = self._place(value, line)
            self.open.append((value, path))
            self.keys.append(None)
        elif kind == "ScalarEvent":
            if (
                self.open
                and isinstance(self.open[-1][0], dict)
                and self.keys[-1] is None
            ):
                self.keys[-1] = event.value
                self.lines[(*self.open[-1][1], event.value)] = line
            else:
                self._place(
                    _scalar(event.value) if event.implicit[0] else event.value, line
                )

    def _place(self, value: Any, line: int) -> tuple[str, ...]:
        self.nodes += 1
        if self.nodes > NODES_MOST:
            raise self._refused(line, f"holds more than {NODES_MOST} values", None)
        if not self.open:
            self.root = value
            return ()
        holder, path = self.open[-1]
        if isinstance(holder, list):
            holder.append(value)
            return (*path, str(len(holder) - 1))
        key = self.keys[-1]
        if key is None:
            raise self._refused(line, "a key is a word", None)
        self.keys[-1] = None
        holder[key] = value
        return (*path, key)

    def _refused(self, line: int, message: str, hint: str | None) -> InputError:
        return InputError([Mistake(f"{self.name}, line {line}", message, hint)])


def _scalar(text: str) -> Any:
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text) if len(text) < 40 else text
    except ValueError:
        pass
    try:
        return float(text) if len(text) < 40 and text[-1:].isdigit() else text
    except ValueError:
        return text
