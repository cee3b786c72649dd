"""Bounds of a field: what its value, its length and its letters are held to."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

from archgen.exchange import language
from archgen.exchange.draft import Draft
from archgen.exchange.model import SourceField

INTEGER = 2**63
EXACT = 10**15  # a number of JSON that every reader has without loss
DIGITS_MOST = 60
LENGTH_MOST = 100_000
SCALE_MOST = 9


def set_bounds(
    draft: Draft, document: dict[str, Any], one: SourceField, what: str
) -> None:
    """All that the source holds the field to, as keys of `document`; what has no key,
    or no sense, is told.
    """
    for key, written in one.bounds.items():
        if written:
            _set_bound(draft, document, key, written, one, what)
    if one.pattern is not None:
        _set_pattern(draft, document, one.pattern, one, what)


def _set_pattern(
    draft: Draft, document: dict[str, Any], pattern: str, one: SourceField, what: str
) -> None:
    key, types = language.PATTERN
    if key is None or document["type"] not in types:
        draft.note("unsaid", one.place, what, f"pattern {pattern[:80]}")
    else:
        document[key] = pattern


def _set_bound(
    draft: Draft,
    document: dict[str, Any],
    key: str,
    written: str,
    one: SourceField,
    what: str,
) -> None:
    name, types = language.BOUNDS[key]
    if name is None or document["type"] not in types or len(written) > DIGITS_MOST:
        draft.note("unsaid", one.place, what, f"{key}({written[:DIGITS_MOST]})")
        return
    try:
        value = Decimal(written)
    except InvalidOperation:
        draft.note("unsaid", one.place, what, f"{key}({written})")
        return
    if document["type"] == "number":
        document[name] = int(value) if _is_exact(value) else float(value)
    elif document["type"] == "decimal":
        digits = max(0, -int(value.as_tuple().exponent))
        if document.get("scale", 2) < digits <= SCALE_MOST:
            document["scale"] = digits
        document[name] = int(value) if _is_exact(value) else format(value, "f")
    else:
        _set_whole(draft, document, name, value, f"{key}({written})", one, what)


def _is_exact(value: Decimal) -> bool:
    """Whether it is a whole number that is the same for whoever reads it."""
    return value == value.to_integral_value() and abs(value) < EXACT


def _set_whole(
    draft: Draft,
    document: dict[str, Any],
    name: str,
    value: Decimal,
    said: str,
    one: SourceField,
    what: str,
) -> None:
    whole = math.ceil(value) if name == "min" else math.floor(value)
    if whole != value:
        draft.note("changed", one.place, what, f"{said} of a whole number is {whole}")
    if name == "min_length" and whole == 0:
        return  # says nothing
    if name in ("min_length", "max_length") and not 1 <= whole <= LENGTH_MOST:
        draft.note(
            "unsaid", one.place, what, f"{said}: lengths are from 1 to {LENGTH_MOST:,}"
        )
    elif not -INTEGER <= whole < INTEGER:
        draft.note("unsaid", one.place, what, f"{said}: does not fit into 64 bits")
    else:
        document[name] = whole
