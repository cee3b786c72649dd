"""How a migration writes the column types and defaults that Alembic does not know."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ...chassis.mechanism.sql import Duration, FixedDecimal, UtcDateTime, ZonedDateTime


def render(what: str, item: Any, context: Any) -> str | Literal[False]:
    """How a migration writes the chassis' own column types, and truth and time for
    every database.
    """
    if what == "server_default":
        return _default(getattr(item, "arg", None))
    if what != "type":
        return False
    if item._variant_mapping:
        # alembic writes a variant's own types by their bare names
        context.imports.add("from sqlalchemy import Text")
    text = own_type(item)
    if text is None:
        return False
    context.imports.add(
        f"from {FixedDecimal.__module__} import {text.partition('(')[0]}"
    )
    return text


def own_type(kind: Any) -> str | None:
    """A column type of the chassis as it is written; None for any other."""
    if isinstance(kind, FixedDecimal):
        return f"FixedDecimal({kind.scale})"
    if isinstance(kind, UtcDateTime):
        return "UtcDateTime()"
    if isinstance(kind, Duration | ZonedDateTime):
        return f"{type(kind).__name__}()"
    if isinstance(kind, sa.String) and "COLLATE" in kind.compile(postgresql.dialect()):  # type: ignore[no-untyped-call]
        return f"sortable_string({kind.length})"
    return None


def _default(value: Any) -> str | Literal[False]:
    if str(value) in ("true", "false"):
        return f"sa.{value}()"
    if isinstance(value, sa.Function) and not list(value.clauses):
        return f"sa.func.{value.name}()"
    return False
