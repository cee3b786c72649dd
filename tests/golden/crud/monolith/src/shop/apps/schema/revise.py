"""Writing a migration: `python -m PACKAGE.apps.schema.revise MODULE "what changes"`, from what `repository.py` says now."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Literal

import sqlalchemy as sa
from alembic import command
from alembic.operations.ops import AddColumnOp
from sqlalchemy.dialects import postgresql

from ...chassis.settings import Settings
from ...chassis.sql import Database, Money, UtcDateTime
from .migrate import PACKAGE, run, upgrade


async def revise(database: Database, module: str, message: str) -> None:
    """Writes a migration: what the module's `repository.py` says and its tables do not yet have."""
    if not (PACKAGE / module / "migrations").is_dir():
        known = sorted(folder.parent.name for folder in PACKAGE.glob("*/migrations"))
        raise SystemExit(f"There is no module {module} with tables; there are {', '.join(known)}")
    await upgrade(database, [module])
    await run(
        database,
        module,
        lambda config: command.revision(config, message, autogenerate=True),
        render_item=_render,
        process_revision_directives=_review,
    )


def _render(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """How a migration writes the chassis' own column types, and truth for every database."""
    if kind == "server_default" and str(getattr(item, "arg", "")) in ("true", "false"):
        return f"sa.{item.arg}()"
    if kind != "type":
        return False
    if isinstance(item, Money):
        text = f"Money({item.scale})"
    elif isinstance(item, UtcDateTime):
        text = "UtcDateTime()"
    elif isinstance(item, sa.String) and "COLLATE" in item.compile(postgresql.dialect()):  # type: ignore[no-untyped-call]
        text = f"line({item.length})"
    else:
        return False
    context.imports.add(f"from {Money.__module__} import {text.partition('(')[0]}")
    return text


def _review(_: Any, __: Any, directives: list[Any]) -> None:
    """Refuses what rows that are there could not take; writes nothing when nothing changed."""
    if directives[0].upgrade_ops.is_empty():
        directives.clear()
        print("Nothing changed: no migration was written")
        return
    for table in directives[0].upgrade_ops.ops:
        for op in getattr(table, "ops", ()):
            if isinstance(op, AddColumnOp) and not op.column.nullable and op.column.server_default is None:
                raise SystemExit(
                    f"{op.table_name}.{op.column.name}: the rows that are there need a value. "
                    "Give its column a server_default in repository.py, or nullable=True"
                )


if __name__ == "__main__":
    asyncio.run(revise(Database(Settings().database_url), sys.argv[1], " ".join(sys.argv[2:])))
