"""Connections to a database: those that there may be are made before anybody waits for
one, and all are closed in the end.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine


def test_before_anybody_is_let_in_all_connections_of_the_pool_are_made(
    chassis: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted where a server's driver would make them, on SQLite in its place."""
    sql = chassis("mechanism.sql")
    made: list[object] = []

    def in_memory(url: str, **options: Any) -> Any:
        options.pop("connect_args")
        kept = {
            "poolclass": sa.pool.AsyncAdaptedQueuePool,
            "pool_timeout": options["pool_timeout"],
        }
        engine = create_async_engine(
            "sqlite+aiosqlite://",
            pool_size=options["pool_size"],
            max_overflow=0,
            **kept,
        )
        sa.event.listen(
            engine.sync_engine, "connect", lambda connection, _: made.append(connection)
        )
        return engine

    monkeypatch.setattr(sql, "_engine", in_memory)
    monkeypatch.setattr(sql, "_set_session", lambda *_: None)

    async def start() -> None:
        database = sql.Database("postgresql://app:secret@127.0.0.1/app", pool_size=5)
        ready = {"database": database.ping, "broker": away}
        create = chassis("mechanism.http").create_api
        settings = chassis("mechanism.settings").CoreSettings.model_construct(
            trusted_proxies=(), cors_origins=()
        )
        app = create("lab", [], [], None, settings, ready=ready)
        async with app.router.lifespan_context(app):
            assert len(made) == 5
            await database.ping()
            assert len(made) == 5 and database.connections() == (0, 5)
        await database.close()

    async def away() -> None:
        raise OSError("it is not there yet, which readiness tells")

    asyncio.run(start())


def test_a_commit_whose_caller_is_gone_ends_before_connections_are_closed(
    chassis: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled before it begins, while its connection is made, within and at its end:
    its row is there, and no connection is left to the garbage collector.
    """
    mechanism = chassis("mechanism.sql")
    table = sa.Table("row", sa.MetaData(), sa.Column("number", sa.Integer))
    commits = chassis("mechanism.unit_of_work").BaseUnitOfWork
    lost: list[str] = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda found: lost.append(str(found.exc_value))
    )

    async def write(database: Any, number: int) -> None:
        engine = database.module("items")

        class Unit(commits):  # type: ignore[misc, valid-type]
            async def apply(self, staged: Any) -> None:
                await asyncio.sleep(0)
                async with mechanism.connected(engine, writing=True) as connection:
                    await connection.execute(table.insert(), {"number": number})

            async def find_processed(self, key: str) -> None: ...

        await Unit(None).commit()

    async def count() -> int:
        database = mechanism.Database(f"sqlite+aiosqlite:///{tmp_path}")
        async with mechanism.connected(database.module("items")) as connection:
            rows = await connection.scalar(sa.select(sa.func.count(table.c.number)))
        await database.close()
        return int(rows)

    async def cancel(number: int) -> None:
        database = mechanism.Database(f"sqlite+aiosqlite:///{tmp_path}")
        if not number:
            async with database.module("items").begin() as connection:
                await connection.run_sync(table.create)
        caller = asyncio.ensure_future(write(database, number))
        for _ in range(2):
            await asyncio.sleep(0)
        await asyncio.sleep(number / 10_000)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await database.close()
        del database
        gc.collect()

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for number in range(60):
            asyncio.run(cancel(number))
        gc.collect()
    assert not lost and asyncio.run(count()) == 60
