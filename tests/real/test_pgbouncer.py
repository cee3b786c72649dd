"""A project behind a real PgBouncer, under load: with connections for a session, and
for a transaction each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from tests.parity.systems import running, write_project
from tests.support.pgbouncer import pgbouncer
from tests.support.postgres import module, postgres
from tests.support.projects import Project

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
PACKAGE = "pooled_shop"


@pytest.fixture(scope="module")
def server(containers: None) -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return write_project(
        tmp_path_factory.mktemp("pooled"),
        "pooled-shop",
        "monolith",
        {"preset": "ecommerce"},
    )


@pytest.fixture(
    params=[
        ("session", "", 40),
        ("transaction", "transaction", 4),
        ("transaction", "url", 4),
    ]
)
def settings(
    request: pytest.FixtureRequest, server: str, tool: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    """In the mode for transactions four connections of the server are for all clients."""
    mode, pooler, connections = request.param
    with pgbouncer(
        tool("pgbouncer"), server.replace("+asyncpg", ""), mode, connections
    ) as url:
        at = (
            f"{url}/postgres?sslmode=prefer&application_name=shop"
            + "&pgbouncer=true" * (pooler == "url")
        )
        yield {"database_url": at, "database_pooler": pooler if pooler != "url" else ""}


def test_its_tables_are_made_and_its_orders_settle(
    project: Project, settings: dict[str, Any]
) -> None:
    with running(project, **settings) as shop:
        for _ in range(3):
            product = {
                "sku": uuid4().hex,
                "name": "hammer",
                "price": "9.99",
                "category": "tool",
                "stock": 5,
            }
            made = shop.ask("staff", "POST", "/api/products", product)
            assert made["status"] == 201, made
            line = {"product_id": made["body"]["id"], "quantity": 1}
            ordered = shop.ask(
                "ann",
                "POST",
                "/api/orders",
                {"lines": [line], "payment_method": "card_ok"},
            )
            assert ordered["status"] == 201, ordered
            asked = [
                shop.ask("ann", "GET", "/api/orders", query={"limit": 5})["status"]
                for _ in range(10)
            ]
            assert set(asked) == {200}


def test_many_clients_read_and_write_within_the_limits(
    project: Project, settings: dict[str, Any]
) -> None:
    connected = module(PACKAGE, "chassis.mechanism.sql_connection").connected
    open_database = module(PACKAGE, "chassis.mechanism.sql").Database

    async def ask(database: Any, n: int) -> set[str]:
        limits = set()
        for turn in range(15):
            async with connected(
                database.module("public"), writing=n % 2 == 0
            ) as connection:
                statement = sa.text(
                    f"SELECT {n % 9} + CAST(:turn AS int), current_setting('statement_timeout')"
                )
                total, limit = (
                    await connection.execute(statement, {"turn": turn})
                ).one()
                assert total == n % 9 + turn
                limits.add(limit)
        return limits

    async def main() -> set[str]:
        copies = [
            open_database(settings["database_url"], 8, settings["database_pooler"])
            for _ in range(4)
        ]
        found = await asyncio.gather(*(ask(copies[n % 4], n) for n in range(48)))
        for copy in copies:
            await copy.close()
        return set().union(*found)

    assert asyncio.run(main()) == {"5s"}


def test_what_is_too_slow_is_ended_and_leaves_nothing_behind(
    project: Project, settings: dict[str, Any]
) -> None:
    async def main() -> None:
        database = module(PACKAGE, "chassis.mechanism.sql").Database(
            settings["database_url"], 2, settings["database_pooler"]
        )
        connected = module(PACKAGE, "chassis.mechanism.sql_connection").connected
        unavailable = module(PACKAGE, "chassis.policy.errors").Unavailable
        with pytest.raises(unavailable):
            async with connected(database.module("public")) as connection:
                await connection.execute(sa.text("SELECT pg_sleep(60)"))
        async with connected(database.module("public")) as connection:
            assert await connection.scalar(sa.text("SELECT 1")) == 1
        await database.close()

    asyncio.run(main())
