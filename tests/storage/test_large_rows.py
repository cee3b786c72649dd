"""A page of large rows costs no more than a page: the database leaves out those that
there is no room for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

Chassis = Callable[[str], Any]


@pytest.mark.parametrize(
    ("sort", "descending"), [("id", True), ("number", True), ("number", False)]
)
def test_no_more_rows_are_read_than_a_page_has_room_for(
    chassis: Chassis,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    sort: str,
    descending: bool,
) -> None:
    sql, sql_unit_of_work, persistence, entity = (
        chassis(name)
        for name in (
            "mechanism.sql",
            "mechanism.sql_unit_of_work",
            "mechanism.persistence",
            "policy.entity",
        )
    )
    for module in (sql_unit_of_work, persistence):
        monkeypatch.setattr(module, "MAX_PAGE_BYTES", 3_000)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Large(entity.Entity):  # type: ignore[misc, name-defined]
        number: int
        data: Any
        note: str | None = None
        before: int = 0  # what a query might call the bytes that stand before a row

    Large.__annotations__ = {
        "number": int,
        "data": Any,
        "note": str | None,
        "before": int,
    }
    metadata = sa.MetaData()
    table = sa.Table(
        "larges",
        metadata,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sql.UtcDateTime(), nullable=False),
        sa.Column("updated_at", sql.UtcDateTime(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("before", sa.BigInteger(), nullable=False),
    )

    class LargeUnitOfWork(sql_unit_of_work.SqlUnitOfWork):  # type: ignore[misc, name-defined]
        module, processed = "large", sql.processed_table(metadata)

        def __init__(self, database: Any) -> None:
            super().__init__(database, chassis("mechanism.memory_cache").MemoryCache())
            self.larges = self.repository(persistence.Codec(Large), table)

    async def story() -> None:
        database = sql.Database(url)
        async with database.module("large").begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(sa.text("DROP SCHEMA IF EXISTS large CASCADE"))
                await connection.execute(sa.text("CREATE SCHEMA large"))
            await connection.run_sync(metadata.create_all)
        unit = LargeUnitOfWork(database)
        for number in range(12):
            half = "x" * 500
            unit.larges.add(
                Large(number=number, data=[half] if number % 3 else None, note=half)
            )
        await unit.commit()
        larges, read, statements = unit.larges, [], []
        reading = larges.rows

        async def noted(statement: Any, values: Any) -> list[Any]:
            statements.append(statement)
            read.append(await reading(statement, values))
            return list(read[-1])

        monkeypatch.setattr(larges, "rows", noted)
        query = persistence.Query(persistence.Listing((), sort, descending), limit=100)
        found: list[int] = []
        while True:
            page = await larges.page(query)
            found += [row.number for row in page.items]
            if page.next is None:
                break
            query = persistence.Query(query.listing, limit=100, after=page.next)
        assert found == sorted(range(12), reverse=descending)
        assert len(read) > 2 and all(len(rows) <= 6 for rows in read)
        built = {id(statement) for statement in statements}
        assert len(built) == 2, (
            "one for the first page, and one for all behind it: to build it is dear"
        )
        await database.close()

    asyncio.run(story())
