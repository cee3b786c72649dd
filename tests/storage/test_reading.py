"""What a module reads: its rows past a cache that another version filled, and its own
SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

Chassis = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Pair:
    a: int
    b: int


def test_an_entry_of_the_cache_that_lacks_a_field_is_read_from_the_database(
    chassis: Chassis, tmp_path: Path
) -> None:
    """While a new version rolls out, the old one's entries are there, and it goes on
    putting them.
    """
    repository, domain = (
        import_module(f"storage_lab.items.{name}") for name in ("repository", "domain")
    )
    migrate = import_module("storage_lab.apps.alembic.migrate")

    async def story() -> None:
        database = chassis("mechanism.sql").Database(f"sqlite+aiosqlite:///{tmp_path}")
        await migrate.upgrade(database, ["items"])
        cache = chassis("mechanism.memory_cache").MemoryCache()
        item = domain.Item(title="new")
        unit = repository.ItemsUnitOfWork(database, cache)
        unit.items.add(item)
        await unit.commit()
        await cache.put(
            f"items:items:{item.id}", 2, f'{{"id": "{item.id}", "version": 2}}'.encode()
        )
        assert (
            await repository.ItemsUnitOfWork(database, cache).items.read(item.id)
            == item
        )
        assert (cache.hits, cache.misses) == (0, 1)
        await database.close()

    asyncio.run(story())


def test_several_columns_go_into_a_dataclass_alone(chassis: Chassis, url: str) -> None:
    async def story() -> None:
        database, select = (
            chassis("mechanism.sql").Database(url),
            chassis("mechanism.sql_query").select,
        )
        engine, two = database.module("public"), sa.text("SELECT 1 AS a, 2 AS b")
        assert await select(engine, "public", two, Pair) == [Pair(1, 2)]
        with pytest.raises(TypeError, match="a, b go into a dataclass"):
            await select(engine, "public", two, int)
        await database.close()

    asyncio.run(story())


@pytest.mark.parametrize("pooler", ["", "transaction"])
def test_a_day_in_sql_is_one_in_utc_whatever_the_server_takes_for_its_own(
    chassis: Chassis, url: str, pooler: str
) -> None:
    if url.startswith("postgresql"):
        url += "?options=-c%20timezone%3DAmerica/New_York"

    async def story() -> None:
        sql = chassis("mechanism.sql")
        database = sql.Database(url, pooler=pooler)
        moment = sa.literal(datetime(2026, 1, 31, 1, tzinfo=UTC), sql.UtcDateTime())
        found = await chassis("mechanism.sql_query").select(
            database.module("public"), "public", sa.select(sa.func.date(moment)), date
        )
        assert found == [date(2026, 1, 31)]
        await database.close()

    asyncio.run(story())


def test_a_column_that_the_entity_has_no_more_is_left_alone(chassis: Chassis) -> None:
    """It goes with the next version, when none that runs reads it any more."""
    table = sa.Table(
        "items", sa.MetaData(), sa.Column("old", sa.String(1), nullable=True)
    )
    chassis("mechanism.sql_errors").check_lengths(table, {"title": "longer"})
