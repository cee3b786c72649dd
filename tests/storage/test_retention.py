"""What is old is deleted however much of it there is: a statement has five seconds, so
none has to delete all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa


def test_what_is_old_goes_in_batches_and_what_is_not_stays(
    chassis: Callable[[str], Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql, retention, now = (
        chassis("mechanism.sql"),
        chassis("mechanism.retention"),
        chassis("mechanism.entity").now,
    )
    monkeypatch.setattr(chassis("mechanism.sql_connection"), "BATCH", 10)
    metadata = sa.MetaData()
    table = sa.Table(
        "expiring",
        metadata,
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("expires_at", sql.UtcDateTime(), nullable=False, index=True),
    )

    class Unit(chassis("mechanism.sql_unit_of_work").SqlUnitOfWork):  # type: ignore[misc]
        module, processed, expiring = "old", sql.processed_table(metadata), (table,)

    async def story() -> None:
        database = sql.Database(url)
        engine, deleted = database.module("old"), []
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(sa.text("DROP SCHEMA IF EXISTS old CASCADE"))
                await connection.execute(sa.text("CREATE SCHEMA old"))
            await connection.run_sync(metadata.create_all)
            # some of the same moment, on the border between two batches
            old = [
                {"id": n, "expires_at": now() - timedelta(hours=1 + n // 3)}
                for n in range(47)
            ]
            kept = [{"id": -1, "expires_at": now() + timedelta(hours=1)}]
            await connection.execute(table.insert(), old + kept)
            requests = [
                {"key": str(n), "fingerprint": "", "at": now() - timedelta(days=n)}
                for n in range(60)
            ]
            await connection.execute(Unit.processed.insert(), requests)

        def noted(_c: Any, cursor: Any, text: str, *_: Any) -> None:
            if text.startswith("DELETE"):
                deleted.append(cursor.rowcount)

        sa.event.listen(engine.sync_engine, "after_cursor_execute", noted)
        assert await retention.Retention(database, Unit).once() == 47 + 30
        assert max(deleted) <= 10 + 3 and sum(deleted) == 47 + 30
        async with engine.connect() as connection:
            assert list(await connection.scalars(sa.select(table.c.id))) == [-1]
        assert await retention.Retention(database, Unit).once() == 0
        await database.close()

    asyncio.run(story())
