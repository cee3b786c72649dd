"""CHECK constraints: the values and bounds of a column that they say."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from archgen.exchange.tables import Column


def unwrap(node: Any) -> Any:
    """Without brackets and casts, which dumps are full of."""
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def find_values(check: Any) -> tuple[str, tuple[str, ...]]:
    """The column that a rule is of, and the strings that it may be: `a IN (...)`,
    `a = 'b' OR a = 'c'` and what pg_dump writes of these.
    """
    if isinstance(check, exp.Or):
        found = [find_values(unwrap(one)) for one in check.flatten()]
        name = found[0][0]
        if any(other != name or not values for other, values in found):
            return "", ()
        return name, tuple(value for _, values in found for value in values)
    column = unwrap(getattr(check, "this", None))
    if not isinstance(column, exp.Column):
        return "", ()
    values: list[Any] = []
    if isinstance(check, exp.In):
        values = [unwrap(one) for one in check.expressions]
    elif isinstance(check, exp.EQ):
        other = unwrap(check.expression)
        if isinstance(other, exp.Any):
            other = unwrap(other.this)
        values = list(map(unwrap, other.expressions)) or [other]
    strings = [one for one in values if isinstance(one, exp.Literal) and one.is_string]
    if len(strings) != len(values):
        return column.name, ()
    return column.name, tuple(dict.fromkeys(str(one.this) for one in strings))


def set_bounds(column: Column, check: Any) -> bool:
    """Whether a rule is a bound of it. Of whole numbers, more than 0 is 1 at least."""
    found: dict[str, str | None] = {}
    if isinstance(check, exp.Between):
        found = {"min": _number(check.args["low"]), "max": _number(check.args["high"])}
    elif isinstance(check, exp.GTE | exp.LTE):
        key = "min" if isinstance(check, exp.GTE) else "max"
        found = {key: _number(check.expression)}
    elif isinstance(check, exp.GT | exp.LT) and column.type == "integer":
        more = isinstance(check, exp.GT)
        written = _number(check.expression)
        if written is not None and re.fullmatch(r"-?\d{1,18}", written):
            key, beside = ("min", 1) if more else ("max", -1)
            found = {key: str(int(written) + beside)}
    if not found or None in found.values():
        return False
    column.bounds |= {key: value for key, value in found.items() if value is not None}
    return True


def _number(node: Any) -> str | None:
    node = unwrap(node)
    sign = "-" if isinstance(node, exp.Neg) else ""
    node = unwrap(node.this) if sign else node
    if isinstance(node, exp.Literal) and re.fullmatch(r"[\d.]{1,40}", str(node.this)):
        return f"{sign}{node.this}"
    return None
