"""What full-text search goes by, through migrations: made where it is lacking, and
nothing that a migration writes or drops.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from tests.support.projects import new

ENTRY = {
    "access": {"read": "public", "write": "user"},
    "search": ["title", "body"],
    "fields": {"title": {"type": "string", "required": True}, "body": {"type": "text"}},
}
Story = Callable[[Any], Awaitable[None]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("search")
    (folder / "answers.json").write_text(
        json.dumps(
            {
                "modules": {
                    "diary": {"entities": {"entry": {**ENTRY, "plural": "entries"}}}
                }
            }
        )
    )
    made = new(
        folder,
        "search-lab",
        "--answers",
        str(folder / "answers.json"),
        "--architecture",
        "monolith",
    )
    sys.path.append(str(made.folder / "src"))
    return "search_lab"


def told(package: str, url: str, story: Story) -> None:
    async def whole() -> None:
        database = import_module(f"{package}.chassis.mechanism.sql").Database(url)
        await migrate(package).upgrade(database, ["diary"])
        try:
            await story(database)
        finally:
            await database.close()

    asyncio.run(whole())


def migrate(package: str) -> Any:
    return import_module(f"{package}.apps.alembic.migrate")


def unit(package: str, database: Any) -> Any:
    cache = import_module(f"{package}.chassis.mechanism.memory_cache").MemoryCache()
    return import_module(f"{package}.diary.repository").DiaryUnitOfWork(database, cache)


async def write(package: str, database: Any, *titles: str) -> None:
    one = unit(package, database)
    for title in titles:
        one.entries.add(import_module(f"{package}.diary.domain").Entry(title=title))
    await one.commit()


async def found(package: str, database: Any, *words: str) -> list[str]:
    query = import_module(f"{package}.chassis.mechanism.search").SearchQuery(
        words=words
    )
    return [
        row.title for row in (await unit(package, database).entries.page(query)).items
    ]


def test_a_table_that_is_made_anew_is_searched_as_before(
    package: str, tmp_path: Path
) -> None:
    """SQLite's triggers go with the old table, and its row numbers are others."""

    def anew(connection: sa.Connection) -> None:
        with Operations(MigrationContext.configure(connection)).batch_alter_table(
            "entries", recreate="always"
        ) as table:
            table.add_column(sa.Column("more", sa.Integer(), nullable=True))

    async def story(database: Any) -> None:
        await write(package, database, "first", "second", "third quick")
        one = unit(package, database)
        rows = await one.entries.page(
            import_module(f"{package}.chassis.mechanism.persistence").Query()
        )
        one.entries.delete(next(row for row in rows.items if row.title == "first"))
        await one.commit()
        async with migrate(package).migrating(database, "diary") as connection:
            await connection.run_sync(anew)
        await migrate(package).upgrade(database, ["diary"])
        await write(package, database, "quick fourth")
        assert await found(package, database, "quick") == [
            "quick fourth",
            "third quick",
        ]
        assert await found(package, database, "second") == ["second"]

    told(package, f"sqlite+aiosqlite:///{tmp_path}", story)


def test_rows_without_words_get_them_when_the_tables_are_brought_up_to_date(
    package: str, url: str
) -> None:
    """More of them than are read at once, such as an entity has whose search came
    later.
    """

    async def story(database: Any) -> None:
        for start in range(0, 600, 100):
            await write(
                package,
                database,
                *(f"row{number} old" for number in range(start, start + 100)),
            )
        async with database.module("diary").begin() as connection:
            await connection.execute(
                migrated(package).update().values(search_words=None)
            )
        assert await found(package, database, "row599") == []
        await migrate(package).upgrade(database, ["diary"])
        assert await found(package, database, "row599", "ol") == ["row599 old"]
        assert await found(package, database, "row0", "old") == ["row0 old"]

    told(package, url, story)


def test_no_migration_is_written_of_what_searches_go_by(package: str, url: str) -> None:
    async def story(database: Any) -> None:
        folder = migrate(package).PACKAGE / "diary" / "migrations"
        before = sorted(path.name for path in folder.glob("*.py"))
        try:
            await import_module(f"{package}.apps.alembic.revise").revise(
                database, "diary", "nothing", []
            )
            assert sorted(path.name for path in folder.glob("*.py")) == before
        finally:
            for path in folder.glob("*nothing*"):
                path.unlink()
        await write(package, database, "still there")
        assert await found(package, database, "still") == ["still there"]

    told(package, url, story)


FILLED = """
    INSERT INTO entries (id, version, created_at, updated_at, title, search_words)
    SELECT uuidv7(), 1, now(), now(), 'some', 'all hundred' || n % 100 || ' row' || n
    FROM generate_series(1, 100000) AS n
"""


@pytest.mark.real
def test_a_search_of_many_rows_reads_no_table_through(
    package: str, postgresql: str
) -> None:
    """Few rows are found by the index of words; of many, the newest by that of their
    order.
    """

    async def story(database: Any) -> None:
        async with migrate(package).migrating(database, "diary") as connection:
            await connection.execute(sa.text(FILLED))
            await connection.execute(sa.text("ANALYZE entries"))
        one, words = (
            unit(package, database),
            import_module(f"{package}.chassis.mechanism.search").SearchQuery,
        )
        plans: list[str] = []

        @sa.event.listens_for(
            database.module("diary").sync_engine, "before_cursor_execute", retval=True
        )
        def explain(_: Any, cursor: Any, text: str, parameters: Any, *__: Any) -> Any:
            if "@@" in text and not plans:
                cursor.execute("EXPLAIN " + text, parameters)
                plans.append(str(cursor.fetchall()))
            return text, parameters

        for asked, count, index in (
            (("all", "row777"), 21, "entries_search_words"),
            (("row77777",), 1, "entries_search_words"),
            (("hundred7", "row7"), 21, "entries_search_words"),
            (("all",), 21, "entries_pkey"),
            (("a",), 21, "entries_pkey"),
            (("nowhere", "a"), 0, "entries_search_words"),
        ):
            plans.clear()
            page = await one.entries.page(words(words=asked))
            assert len(page.items) == min(count, 20) or asked == ("all", "row777"), (
                asked
            )
            assert f" {index}" in plans[0] and "Seq Scan" not in plans[0], (
                asked,
                plans,
            )

    told(package, postgresql, story)


def migrated(package: str) -> sa.Table:
    table = import_module(f"{package}.diary.repository").entries
    assert isinstance(table, sa.Table)
    return table
