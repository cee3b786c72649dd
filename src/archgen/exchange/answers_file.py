"""An answers file as text, with comments: a line for each field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*", re.ASCII)
_WORDS = frozenset(
    ("null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE")
)


def write_answers(
    document: Mapping[str, Any], comments: Mapping[Path, list[str]], head: list[str]
) -> str:
    """YAML that reads as `document` again. A comment stands above its key."""
    lines = [f"# {_printable(line)}".rstrip() for line in head]
    lines += _mapping(document, (), 0, comments)
    return "\n".join(lines) + "\n"


def _mapping(
    document: Mapping[str, Any],
    path: Path,
    depth: int,
    comments: Mapping[Path, list[str]],
) -> Iterator[str]:
    for key, value in document.items():
        here = (*path, key)
        indent = "  " * depth
        for comment in comments.get(here, ()):
            yield f"{indent}# {_printable(comment)}".rstrip()
        if isinstance(value, Mapping) and value and not _on_one_line(here):
            yield f"{indent}{_scalar(key)}:"
            yield from _mapping(value, here, depth + 1, comments)
        else:
            yield f"{indent}{_scalar(key)}: {_flow(value)}"


def _on_one_line(path: Path) -> bool:
    """A field, and what is as short as one: access, the stack."""
    return (
        len(path) == 6
        or (len(path) == 5 and path[-1] != "fields")
        or (len(path) == 1 and path[0] in ("stack", "extras", "slo"))
    )


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_scalar(key)}: {_flow(one)}" for key, one in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _WORDS:
        return value
    return (
        json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str)
        else _quoted(value)
    )


def _quoted(text: str) -> str:
    """Double quotes, with escapes that YAML and JSON share; what may not be printed is
    escaped.
    """
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        char if char.isprintable() or char == " " else _escaped(char) for char in quoted
    )


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
