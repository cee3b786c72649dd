"""Services with a PostgreSQL each, on their real servers: what falls takes its own
service with it, and no other. `pytest -s` prints the figures.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.figures import found
from tests.support.kills import PARTS, fall, ready
from tests.support.ledger import ledger
from tests.support.projects import new, until
from tests.support.stack import Stack, up
from tests.support.steady import Request, steady

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(900)]
SECONDS = 15


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Stack]:
    name = f"each-{secrets.token_hex(4)}"
    project = new(tmp_path_factory.mktemp("each"), name, "--preset", "ecommerce", "--architecture", "microservices",
                  "--set", "extras.database_servers=true", "--set", "stack.observability=none")  # fmt: skip
    with up(project) as running:
        yield running


def order(services: Stack, token: str, path: str) -> Any:
    line = {"product_id": path.rsplit("/", 1)[1], "quantity": 1}
    return services.ask(
        "/api/orders", "POST", {"lines": [line], "payment_method": "card_ok"}, token
    )


def test_they_come_up_and_their_journey_passes_and_each_has_its_own_database_alone(
    services: Stack,
) -> None:
    assert " passed" in services.project.make("journey", f"URL={services.url}")
    for part in PARTS:
        schemas = services.rows(
            part, f"SELECT nspname FROM pg_namespace WHERE nspname IN {PARTS}"
        )
        assert schemas == [part]
        databases = services.rows(
            part, "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1"
        )
        assert databases == [part, "postgres"]
        roles = services.rows(
            part, f"SELECT rolname FROM pg_roles WHERE rolname ~ '^{part}|_rows$'"
        )
        assert sorted(roles) == [f"{part}_owner", f"{part}_rows"]
    assert services.rows("orders", "SELECT count(*) FROM orders.orders") != ["0"]


def test_what_operators_do_reaches_the_server_of_the_part(services: Stack) -> None:
    token = services.staff()
    path = services.product(token, secrets.token_hex(8))
    assert len(services.project.make("backup").split()) == len(PARTS)
    (file,) = services.project.make("backup", "PART=inventory").split()
    services.ask(path, "PATCH", {"stock": 4711}, token)
    services.project.make("restore", "PART=inventory", f"FILE={file}")
    assert services.ask(path, token=token).document["stock"] == 5
    for part in PARTS:
        assert f"Nothing is left undone in {part}" in services.project.make(
            "dead-letters", f"PART={part}", "UP=1"
        )
    email = f"{secrets.token_hex(4)}@example.com"
    assert f"{email} is staff now" in services.project.make(
        "staff", f"EMAIL={email}", "UP=1"
    )
    before = services.copies("inventory")
    services.project.make("deploy", "PART=inventory")
    assert len(services.copies("inventory")) == 2 and not set(
        services.copies("inventory")
    ) & set(before)
    assert order(services, token, path).status == 201


def test_a_volume_that_outlived_its_env_gets_the_passwords_of_the_new_one(
    services: Stack,
) -> None:
    file = services.project.folder / ".env"
    text = file.read_text()
    lines = [line for line in text.splitlines() if not line.startswith("POSTGRES_")]
    file.write_text("\n".join(lines) + "\n")
    services.project.make("up")
    assert services.settings["POSTGRES_PASSWORD"] not in text
    services.staff()


def test_a_database_that_is_killed_takes_its_own_service_with_it_and_no_other(
    services: Stack,
) -> None:
    token = services.staff()
    bearer = {"Authorization": f"Bearer {token}"}
    paths = [
        services.product(token, secrets.token_hex(8)),
        "/api/products",
        "/api/payments",
        "/api/me",
    ]

    def reads(n: int) -> Request:
        return Request(
            "GET",
            f"{paths[n % 4]}?limit={n % 50 + 1}" if n % 4 in (1, 2) else paths[n % 4],
            bearer,
        )

    refused: list[int] = []

    def look() -> None:
        refused.append(
            services.ask(
                f"/api/orders?limit={secrets.randbelow(90) + 1}", token=token
            ).status
        )

    with ledger(services) as book:
        until(lambda: len(book.acknowledged) > 10)
        with steady(services.url, reads) as load:
            while_gone = threading.Timer(SECONDS / 2, look)
            while_gone.start()
            fall(services, "orders-postgres", seconds=SECONDS)
            while_gone.join()
        until(lambda: all(ready(copy) for copy in services.copies("orders")))
        before = len(book.acknowledged)
        until(lambda: len(book.acknowledged) > before + 10, 60)
    book.settled()
    assert refused == [503]
    services.tell(
        f"one PostgreSQL each: reads of the other parts while that of orders is gone for {SECONDS} s",
        load,
    )
    found(
        f"one PostgreSQL each: orders placed while that of orders is killed, and back after {SECONDS} s",
        book.check(),
    )
    assert load.failed == [] and len(load.outcomes) > 100
