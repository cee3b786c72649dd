"""What the database has in a column where nobody says a value: alike on every database
that migrates.
"""

from __future__ import annotations

from typing import Any

from archgen.blueprint.schema import Field

# Types whose values SQLite and PostgreSQL write alike, so that a column of them has the
# same default on both.
_ALIKE = {
    "string",
    "text",
    "email",
    "url",
    "enum",
    "integer",
    "number",
    "boolean",
    "date",
    "list",
    "object",
    "json",
}
_HEX = {"uuid", "reference", "file"}
# Of a field that is removed, what the code that still knows it reads in rows whose
# writer does not.
_STAND_INS: dict[str, Any] = {
    "text": "",
    "email": "nobody@example.invalid",
    "url": "https://example.invalid/",
    "boolean": False,
    "date": "1970-01-01",
    "datetime": "1970-01-01T00:00:00Z",
    "zoned_datetime": "1970-01-01T00:00:00Z",
    "duration": "PT0S",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "list": [],
}


def as_default(one: Field, value: Any) -> Any:
    """A value as every database writes it in a column's default; None where they differ
    in it.
    """
    if one.type in _ALIKE:
        return value
    if one.type in _HEX:
        return str(value).replace("-", "")
    if one.type == "decimal" and float(value) == 0:
        return 0
    return None


def stand_in(one: Field) -> Any:
    """A value of a field that nobody said, which who reads it takes for one; None where
    there is none such.
    """
    if one.unique:
        return None
    if one.default is not None:
        return one.default
    if one.type == "string":
        return one.form.samples[0] if one.form else "-" * (one.min_length or 0)
    if one.type == "enum":
        return one.values[0]
    if one.type in ("integer", "number", "decimal"):
        least = float(str(one.min)) if one.min is not None else 0
        most = float(str(one.max)) if one.max is not None else 0
        value = one.min if least > 0 else one.max if most < 0 else 0
        return str(value) if one.type == "decimal" else value
    return _STAND_INS.get(one.type)
