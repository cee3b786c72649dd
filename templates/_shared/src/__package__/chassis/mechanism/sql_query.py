"""Read-only queries: a module's own SQL for what its lists do not say, such as joins
and reports (`docs/queries.md`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import is_dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .sql_connection import connected

T = TypeVar("T")
READ_ONLY = "SELECT set_config('search_path', :module, true), set_config('transaction_read_only', 'on', true)"


@asynccontextmanager
async def reading_only(
    engine: AsyncEngine, module: str
) -> AsyncIterator[AsyncConnection]:
    """A transaction that cannot write, in which plain SQL finds the module's tables by
    their names.
    """
    async with connected(engine, writing=True) as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(sa.text(READ_ONLY), {"module": f'"{module}"'})
            yield connection
            return
        await connection.execute(sa.text("PRAGMA query_only = ON"))
        try:
            yield connection
        finally:
            await connection.execute(sa.text("PRAGMA query_only = OFF"))


async def select(
    engine: AsyncEngine, module: str, statement: sa.Executable, into: type[T]
) -> list[T]:
    """The rows that a query finds: as a dataclass with the columns' names, or the one
    column as a type of its own.
    """
    async with reading_only(engine, module) as connection:
        result = await connection.execute(statement)
    columns = list(result.keys())
    rows: list[Any]
    if is_dataclass(into):
        rows = [dict(row) for row in result.mappings()]
    elif len(columns) > 1:
        raise TypeError(
            f"{', '.join(columns)} go into a dataclass that has these fields, not into {into!r}"
        )
    else:
        rows = list(result.scalars())
    return TypeAdapter(list[into]).validate_python(rows)  # type: ignore[valid-type]
