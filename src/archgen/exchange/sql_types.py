"""Types of columns, by the words that sqlglot has for them, and defaults of these."""

from __future__ import annotations

import re
from typing import Any

from archgen.exchange.model import Kind

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "BPCHAR", "NAME", "INET", "CIDR", "IPADDRESS"), "string"),
    **dict.fromkeys(("TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "XML"), "text"),
    **dict.fromkeys(
        ("INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "UINT", "UBIGINT", "USMALLINT", "UTINYINT", "UMEDIUMINT"), "integer"
    ),
    **dict.fromkeys(("SERIAL", "BIGSERIAL", "SMALLSERIAL", "YEAR"), "integer"),
    **dict.fromkeys(("DECIMAL", "UDECIMAL", "MONEY", "BIGDECIMAL"), "decimal"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "UDOUBLE", "REAL"), "double"),
    **dict.fromkeys(("BOOLEAN", "BIT"), "boolean"),
    **dict.fromkeys(("DATE", "DATE32"), "date"),
    **dict.fromkeys(("TIME", "TIMETZ"), "time"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPLTZ", "TIMESTAMPNTZ", "DATETIME"), "datetime"),
    "INTERVAL": "duration",
    "UUID": "uuid",
    **dict.fromkeys(("JSON", "JSONB", "HSTORE", "MAP", "STRUCT", "OBJECT"), "json"),
    **dict.fromkeys(("BINARY", "VARBINARY", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"), "blob"),
    "ENUM": "enum",
}  # fmt: skip


def as_type(text: str, kind: Kind) -> Any:
    """A default as a value of its type, or None where it is none that can be taken."""
    if kind == "integer":
        return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None
    if kind == "boolean":
        return {
            "1": True,
            "0": False,
            "true": True,
            "false": False,
            "t": True,
            "f": False,
        }.get(text.lower())
    if kind == "double":
        return float(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text) else None
    if kind in (
        "date",
        "time",
        "datetime",
        "uuid",
        "json",
        "blob",
        "image",
        "duration",
        "list",
        "object",
    ):
        return None
    return text
