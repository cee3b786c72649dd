"""What a single field must keep to: which constraints its type takes, and that they do
not contradict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from archgen.domain.field_values import (
    EMAIL_LENGTH,
    Unfit,
    compared,
    find_pattern,
    normal,
    read_item,
    resolve_length,
    resolve_samples,
)
from archgen.domain.file_types import FILE_TYPES, NOT_OFFERED
from archgen.domain.patterns import Broken, read_pattern
from archgen.domain.schema import ITEM_TYPES, MEMBER_TYPES, FieldSpec
from archgen.errors import Mistake
from archgen.text import join_key, shown, suggest

UNINDEXABLE = ("text", "json", "list", "object", "references", "file")
INDEXED_LENGTH = 255  # characters: 1,020 bytes at most in UTF-8, below 1,024, the tightest key of the databases
STRING_MOST = 10_000
LABEL_MOST = 200
REFERENCES_MOST = 100  # of one row: each is looked up, and written as a row of its own
ITEMS_MOST = 100  # of one list, which is read and written as a whole
MEMBERS_MOST = 30  # fields of an object
SLUG_LEAST = 12  # characters that it may have: some words, and an end that no other has
# bytes: what is uploaded is read once more, to see what it is
FILE_MOST = 100 * 1024 * 1024

_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?", re.ASCII)

# The constraints that only some types take.
_TAKES: dict[str, tuple[str, ...]] = {
    "min": ("integer", "decimal", "number", "references"),
    "max": ("integer", "decimal", "number", "references"),
    "min_length": ("string", "text"),
    "max_length": ("string", "text", "email", "url", "slug"),
    "pattern": ("string",),
    "examples": ("string", "email", "url"),
    "scale": ("decimal",),
    "values": ("enum",),
    "labels": ("enum",),
    "enum": ("enum",),
    "of": ("list",),
    "max_items": ("list",),
    "fields": ("object",),
    "from": ("slug",),
    "to": ("reference", "references"),
    "ordered": ("references",),
    "on_delete": ("reference",),
    "one_to_one": ("reference",),
    "set_by": ("reference",),
    "own": ("reference",),
    "listed_as": ("reference", "references"),
    "max_bytes": ("file",),
    "accept": ("file",),
}


_ATTRIBUTES = {"from": "made_from"}  # which Python's own words are no names of


def check_field(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    """All that is wrong with one field, without the rest of the domain."""
    if spec.type == "list":
        yield from _check_list(where, spec)
        return
    fits = True
    for name, types in _TAKES.items():
        if (
            getattr(spec, _ATTRIBUTES.get(name, name)) not in (None, (), {})
            and spec.type not in types
        ):
            fits = False
            yield Mistake(
                f"{where}.{name}",
                f"a field of type {spec.type} takes no {name}",
                f"it is for {_or(types)}",
            )
    for name in ("unique", "indexed"):
        if getattr(spec, name) and spec.type in UNINDEXABLE:
            hint = (
                "leave it out"
                if spec.type in ("references", "file")
                else "use string instead"
            )
            yield Mistake(
                f"{where}.{name}", f"a field of type {spec.type} cannot be {name}", hint
            )
    if spec.type == "enum" and spec.enum is None:
        yield from check_values(where, spec.values, spec.labels)
    if spec.type in _TAKES["to"] and spec.to is None:
        yield Mistake(
            f"{where}.to",
            "a reference says what it refers to",
            f"add {where}.to: module.entity",
        )
    if spec.type == "object":
        yield from _check_object(where, spec)
    if spec.type == "references":
        yield from _check_references(where, spec)
    if spec.type == "file":
        yield from _check_file(where, spec)
    if spec.type == "boolean" and spec.unique:
        yield Mistake(
            f"{where}.unique",
            "a boolean cannot be unique: there would be two rows at most",
        )
    yield from _check_length(where, spec)
    if fits:
        yield from _check_values_of_type(where, spec)
        yield from _check_pattern(where, spec)


def check_values(
    where: str, values: Sequence[str], labels: Mapping[str, str]
) -> Iterator[Mistake]:
    """All that is wrong with the values of an enum, and with what they are called."""
    if not values:
        yield Mistake(
            f"{where}.values",
            "an enum lists its values",
            f"add {where}.values: [one, another]",
        )
    for index, value in enumerate(values):
        if not _VALUE.fullmatch(value):
            yield Mistake(
                f"{where}.values.{index}",
                f"{shown(value)} is not a plain word",
                "letters, digits, and - _ . between them, 64 at most",
            )
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        yield Mistake(
            f"{where}.values", f"has {', '.join(map(shown, twice))} more than once"
        )
    for value, label in labels.items():
        place = join_key(f"{where}.labels", value)
        if value not in values:
            hint = suggest(value, values, f"there are {', '.join(values)}")
            yield Mistake(place, f"{shown(value)} is not one of the values", hint)
        if not label.strip() or len(label) > LABEL_MOST or not label.isprintable():
            yield Mistake(
                place, f"{shown(label)} is not a line of 1 to {LABEL_MOST} characters"
            )


def _check_list(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    """The list, and what it is of as a field of that type."""
    for name in ("unique", "indexed"):
        if getattr(spec, name):
            hint = "leave it out; where rows are looked for by a value, an entity of its own that refers to the row says it"
            yield Mistake(
                f"{where}.{name}", f"a field of type list cannot be {name}", hint
            )
    if spec.default is not None:
        yield Mistake(
            f"{where}.default", "a list has no default: it begins empty", "leave it out"
        )
    if spec.max_items is not None and not 1 <= spec.max_items <= ITEMS_MOST:
        yield Mistake(
            f"{where}.max_items",
            f"{spec.max_items} is not between 1 and {ITEMS_MOST}, the values that a list may have",
            "where there may be more, an entity of its own that refers to the row says it",
        )
    if spec.of is None:
        yield Mistake(
            f"{where}.of",
            "a list says what its values are",
            f"add {where}.of: string, or another of {_or(ITEM_TYPES)}",
        )
    else:
        yield from check_field(where, read_item(spec))


def _check_object(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    """What it is of: one level of simple fields, each by itself."""
    if not 1 <= len(spec.fields) <= MEMBERS_MOST:
        hint = (
            f"add {where}.fields: " + "{street: {type: string}}"
            if not spec.fields
            else "an entity of its own says it"
        )
        yield Mistake(
            f"{where}.fields",
            f"an object has 1 to {MEMBERS_MOST} fields, not {len(spec.fields)}",
            hint,
        )
    for name, member in spec.fields.items():
        place = join_key(f"{where}.fields", name)
        if member.type not in MEMBER_TYPES:
            yield Mistake(
                f"{place}.type",
                f"a field of an object is not of type {member.type}",
                f"there are {', '.join(MEMBER_TYPES)}; an entity of its own, with a reference, has all types",
            )
            continue
        for key in ("unique", "indexed", "default", "enum"):
            if getattr(member, key) not in (None, False):
                yield Mistake(
                    f"{place}.{key}",
                    f"a field of an object takes no {key}",
                    "say its values here"
                    if key == "enum"
                    else "leave it out, or take a field of the entity",
                )
        if member.enum is None:
            yield from check_field(place, member)


def _check_references(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    if spec.min not in (None, 0, 1) or isinstance(spec.min, bool | float):
        yield Mistake(
            f"{where}.min",
            f"{shown(spec.min)} is not 1: a row has to have one reference at least, or may have none",
            "say required: true; a rule of your own goes into the module's domain.py",
        )
    whole = spec.max is None or (
        isinstance(spec.max, int) and not isinstance(spec.max, bool)
    )
    if not whole or (
        isinstance(spec.max, int) and not 1 <= spec.max <= REFERENCES_MOST
    ):
        yield Mistake(
            f"{where}.max",
            f"{shown(spec.max)} is not between 1 and {REFERENCES_MOST}, the references that a row may have",
            "where there may be more, an entity of its own with a reference to each side says it",
        )


def _check_file(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    if spec.max_bytes is not None and not 1 <= spec.max_bytes <= FILE_MOST:
        yield Mistake(
            f"{where}.max_bytes",
            f"{spec.max_bytes} is not between 1 and {FILE_MOST:,} bytes",
        )
    for index, kind in enumerate(spec.accept):
        if kind not in FILE_TYPES:
            hint = suggest(kind, FILE_TYPES, f"there are {', '.join(FILE_TYPES)}")
            yield Mistake(
                f"{where}.accept.{index}",
                f"{shown(kind)} is not a content type that can be checked",
                NOT_OFFERED.get(kind, hint),
            )
    twice = sorted({kind for kind in spec.accept if spec.accept.count(kind) > 1})
    if twice:
        yield Mistake(
            f"{where}.accept", f"has {', '.join(map(shown, twice))} more than once"
        )


def _check_pattern(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    """The pattern by itself, the examples by all that the field says, and that tests
    have values to send.
    """
    wrong = False
    for index, example in enumerate(spec.examples):
        try:
            normal(spec, example)
        except Unfit as error:
            wrong = True
            yield Mistake(f"{where}.examples.{index}", str(error))
        if example == "":
            yield Mistake(
                f"{where}.examples.{index}",
                "is empty, which is no example",
                "leave it out",
            )
    pattern = find_pattern(spec)
    if pattern is None:
        return
    try:
        read_pattern(pattern)
    except Broken as error:
        slashes = len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")
        yield Mistake(
            f"{where}.pattern",
            str(error),
            "leave out the slashes around it" if slashes else "",
        )
        return
    shortest, longest = spec.min_length or 0, resolve_length(spec) or 0
    if spec.pattern is None:
        if not resolve_samples(spec):
            yield Mistake(
                f"{where}.max_length",
                f"no {spec.type} has {longest} characters or less",
                "say more",
            )
    elif not wrong and not resolve_samples(spec) and shortest <= longest:
        yield Mistake(
            f"{where}.pattern",
            f"no value of {max(shortest, 1)} to {longest} characters was found that matches, and tests need some",
            f"say {where}.examples: [one, another], or mend the pattern or the lengths",
        )


def _check_length(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    longest = resolve_length(spec)
    if longest is not None and (spec.min_length or 0) > longest:
        yield Mistake(
            f"{where}.min_length",
            f"{spec.min_length} is more than the {longest} characters that the field takes",
            f"say a min_length of {longest} or less, or {where}.max_length",
        )
    most = {
        "string": STRING_MOST,
        "url": STRING_MOST,
        "email": EMAIL_LENGTH,
        "slug": INDEXED_LENGTH,
    }.get(spec.type)
    if most is None or longest is None:
        return
    if spec.type == "slug" and longest < SLUG_LEAST:
        yield Mistake(
            f"{where}.max_length",
            f"a slug has room for {SLUG_LEAST} characters at least",
            "say more",
        )
    if longest > most:
        hint = "use type text" if spec.type == "string" else f"say {most} or less"
        yield Mistake(
            f"{where}.max_length",
            f"a field of type {spec.type} has {most} characters at most",
            hint,
        )
    elif (spec.unique or spec.indexed) and longest > INDEXED_LENGTH:
        yield Mistake(
            f"{where}.max_length",
            f"an index takes {INDEXED_LENGTH} characters at most",
            f"say a max_length of {INDEXED_LENGTH} or less, or leave the index out",
        )


def _check_values_of_type(where: str, spec: FieldSpec) -> Iterator[Mistake]:
    """`default`, `min` and `max`, and what they say of each other."""
    good = {}
    for name in (
        ("min", "max", "default") if spec.type != "references" else ("default",)
    ):
        value = getattr(spec, name)
        if value is None:
            continue
        try:
            good[name] = normal(spec, value)
        except Unfit as error:
            yield Mistake(f"{where}.{name}", str(error))
    if spec.type in _TAKES["min"] and spec.type != "references":
        bounds = {name: compared(spec, value) for name, value in good.items()}
        if "min" in bounds and "max" in bounds and bounds["min"] > bounds["max"]:
            yield Mistake(
                f"{where}.min", f"{good['min']} is more than max, {good['max']}"
            )
        elif (
            "default" in bounds
            and "min" in bounds
            and bounds["default"] < bounds["min"]
        ):
            yield Mistake(
                f"{where}.default", f"{good['default']} is less than min, {good['min']}"
            )
        elif (
            "default" in bounds
            and "max" in bounds
            and bounds["default"] > bounds["max"]
        ):
            yield Mistake(
                f"{where}.default", f"{good['default']} is more than max, {good['max']}"
            )
    if "default" in good and spec.unique:
        yield Mistake(
            f"{where}.default",
            "a unique field has no default: a second row could not have it",
        )
    if good.get("default") == "" and spec.indexed:
        yield Mistake(
            f"{where}.default",
            "an indexed string is not empty",
            "leave the default out",
        )


def _or(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
