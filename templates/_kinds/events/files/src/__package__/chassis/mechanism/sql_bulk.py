"""Many rows in one statement: as arrays on PostgreSQL, which prepares the statement
once however many there are; as values on SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert = postgresql.Insert | sqlite.Insert
# SQLite takes 32,766 parameters in a statement
SQLITE_ROWS = 2_000


def upsert(connection: AsyncConnection, table: sa.Table) -> Any:
    """An insert that may say what to do where a row is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def inserts(
    connection: AsyncConnection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Inserts of the rows, all of which have the same columns of the table."""
    if not rows:
        return []
    columns = [table.c[name] for name in rows[0]]
    if connection.dialect.name == "postgresql":
        arrays = [
            sa.func.unnest(
                sa.bindparam(
                    None,
                    [row[column.name] for row in rows],
                    type_=postgresql.ARRAY(column.type),
                )
            )
            for column in columns
        ]
        return [
            postgresql.insert(table).from_select(
                [column.name for column in columns], sa.select(*arrays)
            )
        ]
    return [
        sqlite.insert(table).values(list(rows[start : start + SQLITE_ROWS]))
        for start in range(0, len(rows), SQLITE_ROWS)
    ]
