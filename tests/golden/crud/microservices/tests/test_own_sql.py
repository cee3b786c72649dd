"""A module's own SQL (`docs/queries.md`): on SQLite, and on the PostgreSQL that
`TEST_DATABASE_URL` names.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shop.apps import dev
from shop.apps.settings import Settings
from shop.chassis.mechanism.sql import Database
from shop.chassis.mechanism.sql_query import select
from shop.chassis.mechanism.sql_url import within
from shop.items import repository

from tests.api import Api
from tests.client import client_of
from tests.conftest import login
from tests.items.factories import new_item

T = TypeVar("T")
URLS = ["", os.environ.get("TEST_DATABASE_URL", "")]


@dataclass(frozen=True)
class Row:
    id: UUID
    created_at: datetime


@pytest.fixture(
    params=dict.fromkeys(URLS), ids=lambda url: url.partition("+")[0] or "sqlite"
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return request.param or f"sqlite+aiosqlite:///{tmp_path}"


def ask(url: str, statement: sa.Executable, into: type[T]) -> list[T]:
    async def asked() -> list[T]:
        database = Database(within(url, "items"))
        try:
            return await select(database.module("items"), "items", statement, into)
        finally:
            await database.close()

    return asyncio.run(asked())


def test_a_module_asks_its_own_tables(settings: Settings, url: str) -> None:
    with client_of(
        dev.create_app(settings.model_copy(update={"database_url": url}))
    ) as client:
        staff = login(Api(client), settings.admin_email, settings.admin_password)
        made = [staff.create("/api/items", new_item()) for _ in range(3)]
    first, second, third = [UUID(row["id"]) for row in made]
    ours = repository.items.c.id.in_([first, second, third])
    times = [datetime.fromisoformat(row["created_at"]) for row in made]

    rows = sa.select(repository.items.c.id, repository.items.c.created_at).where(ours)
    behind_the_first = rows.where(repository.items.c.created_at > times[0]).order_by(
        repository.items.c.updated_at.desc()
    )
    assert ask(url, behind_the_first, Row) == [
        Row(third, times[2]),
        Row(second, times[1]),
    ]
    assert ask(url, sa.select(sa.func.count()).where(ours), int) == [3]
    assert ask(url, sa.text("SELECT count(*) FROM items"), int)[0] >= 3
    with pytest.raises(DBAPIError, match=r"read-?only"):
        ask(url, sa.text("DELETE FROM items"), int)
