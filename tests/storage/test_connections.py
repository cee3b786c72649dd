"""Connections to a database: those that there may be are made before anybody waits for
one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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
