"""What pydantic finds wrong with a document of answers, in words, all of it.

`examine` validates, notes what is wrong, takes it out, and validates again: so the rest
is checked too, and one broken field does not hide another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from archgen.answers.schema import Answers
from archgen.domain.schema import KEYS_NOT_HERE, MEANT_KEYS, FieldSpec
from archgen.errors import Mistake
from archgen.text import nearest, shown

_ROUNDS = 200
_MOST = 50  # mistakes that are told


@dataclass(frozen=True, slots=True)
class Examined:
    """The answers without what is wrong with them, and what that is."""

    answers: Answers
    mistakes: tuple[Mistake, ...]


def examine(
    raw: object,
    *,
    label: str = "",
    line_of: Callable[[tuple[str, ...]], int | None] = lambda path: None,
    example: Callable[[str, Any], str] = lambda key, value: f"--set {key}={value}",
) -> Examined:
    """The good part of `raw`, and its mistakes; `example` shows how this source gives a
    key a value.
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        return Examined(
            Answers(),
            (Mistake(label, "is not a mapping of keys to values", "write key: value"),),
        )
    written, raw = raw, deepcopy(raw)
    mistakes: list[tuple[tuple[int, ...], Mistake]] = []
    gone: set[tuple[Any, ...]] = set()
    for _ in range(_ROUNDS):
        try:
            return Examined(Answers.model_validate(raw), _in_order(mistakes))
        except ValidationError as error:
            taken: set[tuple[Any, ...]] = set()
            for entry in error.errors(include_url=False):
                if entry["type"] == "too_short" and entry["input"]:
                    continue  # only what is wrong with its items makes it so
                path = tuple(entry["loc"])
                missing = entry["type"] == "missing"
                where = _holder(raw, path[:-1] if missing else path)
                if where in taken:
                    continue
                # else it is this loop that took it out
                if not (missing and path in gone):
                    mistakes.append(
                        (
                            _position(written, path),
                            _mistake(entry, path, label, line_of, example),
                        )
                    )
                taken.add(where)
            for where in taken:
                _remove(raw, where)
            if not any(taken):
                break
            gone |= taken
    return Examined(
        Answers(), _in_order(mistakes) or (Mistake(label, "cannot be read as answers"),)
    )


def _position(raw: Any, path: tuple[Any, ...]) -> tuple[int, ...]:
    """Where a path stands among what was written, to order by."""
    found = []
    for step in path:
        if isinstance(raw, dict) and step in raw:
            found.append(list(raw).index(step))
        elif isinstance(raw, list) and isinstance(step, int) and step < len(raw):
            found.append(step)
        else:
            break
        raw = raw[step]
    return tuple(found)


def _in_order(mistakes: list[tuple[tuple[int, ...], Mistake]]) -> tuple[Mistake, ...]:
    return tuple(mistake for _, mistake in sorted(mistakes, key=lambda found: found[0]))


def _mistake(
    entry: Mapping[str, Any],
    path: tuple[Any, ...],
    label: str,
    line_of: Callable[[tuple[str, ...]], int | None],
    example: Callable[[str, Any], str],
) -> Mistake:
    words = tuple(map(str, path))
    key = ".".join(
        word
        if len(word) <= 60 and word.isprintable() and word.isascii()
        else shown(word)
        for word in words
    )
    message = _message(entry)
    hint = None
    if entry["type"] == "extra_forbidden":
        siblings = _keys(path[:-1])
        meant = nearest(str(path[-1]), siblings)
        if annotation_at(path[:-1]) is FieldSpec:
            hint = KEYS_NOT_HERE.get(str(path[-1]))
            meant = MEANT_KEYS.get(str(path[-1]), meant)
        hint = hint or (
            f"did you mean {meant}?"
            if meant
            else f"the keys here are {', '.join(siblings)}"
        )
    elif shows := _example(path):
        hint = f"for example {example(key, shown(shows[0]) if isinstance(shows[0], bool) else shows[0])}"
    line = line_of(words)
    place = f"{label}, line {line}" if label and line else label
    return Mistake(key, f"{message} ({place})" if place else message, hint)


def _message(entry: Mapping[str, Any]) -> str:
    """One of pydantic's findings in the words of this project."""
    kind, given, limits = entry["type"], entry.get("input"), entry.get("ctx", {})
    if kind == "value_error":
        return str(limits["error"])
    if kind == "literal_error":
        offered = str(limits["expected"]).replace("'", "").replace(" or ", ", ")
        meant = nearest(given, offered.split(", ")) if isinstance(given, str) else None
        return f"must be one of {offered}, not {shown(given)}" + (
            f"; did you mean {meant}?" if meant else ""
        )
    # pydantic does not count a mapping
    if limits.get("actual_length", 0) is None and isinstance(given, Sized):
        limits = {**limits, "actual_length": len(given)}
    for start, text in _MESSAGES.items():
        if kind.startswith(start):
            return text.format(given=shown(given), **limits)
    return str(entry["msg"]).lower()


_MESSAGES = {
    "extra_forbidden": "is not a key",
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_too_long": "has more than {max_length} characters",
    "string": "must be a string, not {given}; quote it",
    "bool": "must be true or false, not {given}",
    "int": "must be a whole number, not {given}",
    "finite_number": "must be a finite number",
    "float": "must be a number, not {given}",
    "greater_than_equal": "must be at least {ge}, not {given}",
    "greater_than": "must be more than {gt}, not {given}",
    "less_than_equal": "must be at most {le:,.0f}, not {given}",
    "less_than": "must be less than {lt}, not {given}",
    "dict_type": "must be a mapping of keys to values, not {given}",
    "model": "must be a mapping of keys to values, not {given}",
    "mapping": "must be a mapping of keys to values, not {given}",
    "tuple": "must be a list, not {given}",
    "list": "must be a list, not {given}",
    "too_short": "is empty",
    "too_long": "has {actual_length}, and {max_length} are the most",
}


def _holder(raw: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    """The path of the deepest entry of a mapping or a list that holds the value at
    `path`.
    """
    for index, step in enumerate(path):
        there = (
            step in raw
            if isinstance(raw, dict)
            else isinstance(raw, list) and step in range(len(raw))
        )
        if not there:
            return path[:index]
        raw = raw[step]
    return path


def _remove(raw: Any, path: tuple[Any, ...]) -> None:
    """Take an entry out, unless one that held it has gone already; an item of a list
    leaves a harmless one in its place, so that the others keep theirs.
    """
    for step in path[:-1]:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            return
    if path and isinstance(raw, dict):
        raw.pop(path[-1], None)
    elif path and isinstance(raw, list) and path[-1] in range(len(raw)):
        item = annotation_at(path)
        if get_origin(item) is Literal:
            raw[path[-1]] = get_args(item)[0]
        else:
            raw[path[-1]] = [] if get_origin(item) is tuple else ""


def annotation_at(path: tuple[Any, ...]) -> Any:
    """The type that the answers have at a path of keys; None where there is none."""
    here: Any = Answers
    for step in path:
        here = _plain(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            if step not in (fields := _fields(here)):
                return None
            here = fields[step].annotation
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        elif get_origin(here) is tuple:
            here = get_args(here)[0]
        else:
            return None
    return _plain(here)


def _plain(annotation: Any) -> Any:
    """Without `| None` and without `Annotated`."""
    while True:
        arguments = get_args(annotation)
        if type(None) in arguments:
            annotation = next(inner for inner in arguments if inner is not type(None))
        elif hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        else:
            return annotation


def _keys(path: tuple[Any, ...]) -> list[str]:
    here = annotation_at(path)
    return (
        list(_fields(here))
        if isinstance(here, type) and issubclass(here, BaseModel)
        else []
    )


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """By the keys that say them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _example(path: tuple[Any, ...]) -> list[Any]:
    owner = annotation_at(path[:-1])
    if (
        isinstance(owner, type)
        and issubclass(owner, BaseModel)
        and path[-1] in (fields := _fields(owner))
    ):
        return list(fields[path[-1]].examples or ())
    return []


def told(mistakes: list[Mistake]) -> list[Mistake]:
    """The first of the mistakes, each once, and how many more there are."""
    once = list(dict.fromkeys(mistakes))
    rest = len(once) - _MOST
    return (
        once if rest <= 0 else [*once[:_MOST], Mistake("", f"and {rest} mistakes more")]
    )
