"""Services whose events travel by Kafka, on their real servers. `pytest -s` prints the
figures.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from tests.support.figures import found
from tests.support.kills import PARTS, kill_everything
from tests.support.projects import new, until
from tests.support.stack import Stack, up
from tests.support.steady import Request

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Stack]:
    name = f"kafka-{secrets.token_hex(4)}"
    project = new(tmp_path_factory.mktemp("kafka"), name, "--preset", "ecommerce", "--architecture", "microservices",
                  "--set", "stack.broker=kafka")  # fmt: skip
    with up(project) as running:
        yield running


def test_parts_hand_each_other_no_events_past_the_broker(services: Stack) -> None:
    pairs = [name for name in services.settings if name.endswith("_KEYS")]
    assert pairs == ["ORDERS_TO_INVENTORY_KEYS"]
    ask = "import os, httpx2; print(httpx2.post('http://inventory:8000/internal/events/inventory.reserve').status_code, *(n for n in os.environ if n.endswith('_KEYS')))"
    said = services.compose(
        "run", "--rm", "--no-deps", "-T", "payments", "python", "-c", ask
    )
    assert said.splitlines()[-1] == "404"


def test_dead_letters_with_the_broker_in_the_containers_are_seen_and_replayed(
    services: Stack,
) -> None:
    """One that a defect has left; the version that runs can handle it, and gives back
    what was set aside.
    """
    token = services.staff()
    path = services.product(token, secrets.token_hex(8))
    lines = [{"product_id": path.rsplit("/", 1)[1], "quantity": 2}]
    order = services.ask(
        "/api/orders", "POST", {"lines": lines, "payment_method": "card_ok"}, token
    ).document["id"]
    until(
        lambda: (
            services.ask(f"/api/orders/{order}", token=token).document["status"]
            == "confirmed"
        )
    )
    lost = f"""
import asyncio
from uuid import UUID
from {services.package}.apps.settings import Settings
from {services.package}.chassis.mechanism.kafka import Kafka, Record
from {services.package}.chassis.mechanism.kafka_headers import Headers
from {services.package}.contracts.orders import OrderRejected

async def main():
    broker = Kafka(Settings(), "{services.project.folder.name}")
    event = OrderRejected(order_id=UUID("{order}"))
    told = Headers("inventory.release", "4", "a defect")
    letter = Record(broker.topics.dead("inventory"), event.key.encode(), event.to_cloudevent({{}}), told._asdict(), 0)
    await broker.delivered(await broker.send(letter))
    await broker.close()

asyncio.run(main())
"""
    services.compose(
        "run", "--rm", "--no-deps", "-T", "inventory", "python", "-c", lost
    )
    where = ("dead-letters", "PART=inventory", "UP=1")
    for more in ((), ("REPLAY=1",)):
        shown = services.project.make(*where, *more)
        assert (
            "orders.order.rejected " in shown
            and "to inventory.release after 4 attempts: a defect" in shown
        )
    until(
        lambda: "Nothing is left undone in inventory" in services.project.make(*where)
    )
    until(lambda: services.ask(path, token=token).document["stock"] == 5)


def test_nothing_is_lost_and_nothing_done_twice_whatever_is_killed_of_services_with_a_broker(
    services: Stack,
) -> None:
    token = services.staff()
    paths = [services.product(token, secrets.token_hex(8)), "/api/orders", "/api/me"]

    def reads(n: int) -> Request:
        return Request("GET", paths[n % 3], {"Authorization": f"Bearer {token}"})

    assert " passed" in services.project.make("journey", f"URL={services.url}")
    workers = [f"{part}-worker" for part in PARTS if services.copies(f"{part}-worker")]
    book, load = kill_everything(
        services, reads, workers, ["valkey", "kafka", "postgres"]
    )
    found(
        "by Kafka: killed one after the other: a copy of each part, each worker (relay and consumer), NGINX, the cache, Kafka, PostgreSQL, all of payments for 20 s",
        book.check(),
    )
    services.tell(
        "by Kafka: reads of the other parts while payments is gone for 20 s", load
    )
    assert load.failed == []
