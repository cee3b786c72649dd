"""Values that a field takes, as its project's record describes it: each number has one,
and as far as the field has them no two the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from archgen.domain.patterns import count, spell

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
START = dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)
ZONE = dt.timezone(dt.timedelta(hours=2))


def sample(field: Mapping[str, Any], number: int) -> Any:
    """Of a field that is neither a reference nor a file, as it travels in JSON."""
    kind = field["type"]
    if kind == "slug":
        return f"slug-{number}"[-field["max_length"] :].strip("-")
    if field["form"]:
        return _like(field["form"], number)
    if kind in ("string", "text"):
        return _text(field, number)
    if kind in ("integer", "decimal"):
        return _step(field, number)
    if kind == "number":
        return _measure(field, number)
    if kind == "enum":
        return field["values"][number % len(field["values"])]
    if kind == "list":
        return [
            sample(field["item"], number + other)
            for other in range(min(2, field["max_items"]))
        ]
    if kind == "object":
        return {member["name"]: sample(member, number) for member in field["members"]}
    return _plain(kind, number)


def _plain(kind: str, number: int) -> Any:
    later = START + dt.timedelta(days=number)
    return {
        "boolean": number % 2 == 0,
        "date": later.date().isoformat(),
        "datetime": later.isoformat().replace("+00:00", "Z"),
        "zoned_datetime": later.astimezone(ZONE).isoformat(),
        "duration": f"PT{number + 1}M",
        "uuid": str(uuid4()),
        "json": {"number": number, "of": [None, "é"]},
    }[kind]


def _like(form: Mapping[str, Any], number: int) -> str:
    """One of the examples, or made from the pattern."""
    most = count(tuple(form["shape"]))
    if number < len(form["samples"]) or not most:
        return str(form["samples"][number % len(form["samples"])])
    return spell(tuple(form["shape"]), number % most)


def _text(field: Mapping[str, Any], number: int) -> str:
    tail = ""
    while number or not tail:
        number, rest = divmod(number, len(DIGITS))
        tail = DIGITS[rest] + tail
    return f"word {tail}"[-field["max_length"] :].rjust(field["min_length"] or 0, "~")


def _step(field: Mapping[str, Any], number: int) -> Any:
    """From the least on, or down from the most, and round again where there are not so
    many.
    """
    low, high = (
        None if bound is None else Decimal(str(bound))
        for bound in (field["min"], field["max"])
    )
    unit = Decimal(1).scaleb(-(field["scale"] or 0))
    if low is not None and high is not None:
        number %= int((high - low) / unit) + 1
    start, way = (
        (high, -1) if low is None and high is not None else (low or Decimal(), 1)
    )
    found = start + way * number * unit
    return int(found) if field["type"] == "integer" else f"{found:f}"


def _measure(field: Mapping[str, Any], number: int) -> float:
    low, high = field["min"], field["max"]
    if low is not None and high is not None:
        part = number % 1000 / 1000
        return float(min(high, low * (1 - part) + high * part))
    start, way = (high, -1) if low is None and high is not None else (low or 0.5, 1)
    # so that no two round to the same
    found = float(start + way * number * max(1.0, abs(start) * 1e-9))
    return found if math.isfinite(found) else float(start)
