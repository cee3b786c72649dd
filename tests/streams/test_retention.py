"""Records that are old are deleted however many there are: no statement has to delete
all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

DAY = timedelta(days=1)


def test_old_records_and_what_is_remembered_of_them_go_in_batches(
    lab: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention = lab("aggregates.retention")
    monkeypatch.setattr(lab("chassis.mechanism.sql_connection"), "BATCH", 5)
    monkeypatch.setattr(retention, "BATCH", 5)
    moment, deleted = lab("chassis.policy.entity").now(), []

    def noted(_c: Any, cursor: Any, text: str, *_: Any) -> None:
        if text.startswith("DELETE"):
            deleted.append(cursor.rowcount)

    async def story() -> None:
        database = lab("chassis.mechanism.sql").Database(
            f"sqlite+aiosqlite:///{tmp_path}"
        )
        await lab("apps.alembic.migrate").upgrade(database, ["events", "aggregates"])
        log = lab("chassis.mechanism.sql_event_log").SqlEventLog(database, "events", 4)
        engine = database.module("aggregates")
        for one in (engine, database.module("events")):
            sa.event.listen(one.sync_engine, "after_cursor_execute", noted)
        side = lab("aggregates.repository").TABLES["a"]
        ids = [UUID(int=n) for n in range(23)]
        async with engine.begin() as connection:
            rows = [{"device_id": i, "id": i, "at": moment - 9 * DAY} for i in ids]
            for n, row in enumerate(rows):
                row["at"] += timedelta(seconds=n)
            new = {"device_id": ids[0], "id": ids[1], "at": moment}
            await connection.execute(side.seen.insert(), [*rows, new])
        for n in range(23):
            await log.append([(b"key", str(n).encode())])
        assert await log.expire(moment + DAY) == 23
        assert await retention.AggregatesRetention(log, engine, DAY).once() == 23
        async with engine.connect() as connection:
            left = await connection.scalars(sa.select(side.seen.c.id))
        assert list(left) == [ids[1]]
        assert max(deleted) <= 6 and sum(deleted) == 2 * 23
        await database.close()

    asyncio.run(story())
