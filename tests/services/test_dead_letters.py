"""What could not be done is shown and tried again, also where it cannot even be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.projects import Project


def test_one_that_cannot_be_read_hides_none_of_the_others(
    shop: Project, chassis: Callable[[str], Any], tmp_path: Path
) -> None:
    letters = import_module("services_shop.apps.dead_letters")
    placed = import_module("services_shop.contracts.orders").OrderPlaced
    event = placed(order_id=import_module("uuid").uuid4(), lines=())
    table = chassis("sql").tables("services_shop", ["orders"], "outbox")["orders"]

    def row(body: str) -> dict[str, Any]:
        return {
            "type": event.type,
            "handler": "inventory.reserve",
            "body": body,
            "attempts": 1,
            "error": "broken",
        }

    async def story() -> list[list[str]]:
        database = chassis("sql").Database(f"sqlite+aiosqlite:///{tmp_path}")
        await import_module("services_shop.apps.alembic.migrate").upgrade(
            database, ["orders"]
        )
        async with chassis("sql_connection").connected(
            database.module("orders"), writing=True
        ) as connection:
            for body in ("of a release before", event.to_cloudevent({}).decode()):
                await connection.execute(table.insert().values(row(body)))
        found = [await letters.dead(database, ["orders"])]
        await letters.replay(database, ["orders"])
        found.append(await letters.dead(database, ["orders"]))
        await database.close()
        return found

    (first, second), after = asyncio.run(story())
    assert (
        first
        == "orders.order.placed in row 1 to inventory.reserve after 1 attempts: broken"
    )
    assert str(event.id) in second and after == []
