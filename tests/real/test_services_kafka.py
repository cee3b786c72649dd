"""Services whose events travel by Kafka, on their real servers. `pytest -s` prints the figures."""

from __future__ import annotations

import secrets

import pytest
from tests.support.kills import PARTS, kill_everything, told
from tests.support.projects import new
from tests.support.stack import up
from tests.support.steady import Request

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


def test_nothing_is_lost_and_nothing_done_twice_whatever_is_killed_of_services_with_a_broker(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> None:
    name = f"kafka-{secrets.token_hex(4)}"
    project = new(tmp_path_factory.mktemp("kafka"), name, "--preset", "ecommerce", "--architecture", "microservices",
                  "--set", "stack.broker=kafka")  # fmt: skip
    with up(project) as services:
        token = services.staff()
        paths = [services.product(token, secrets.token_hex(8)), "/api/orders", "/api/me"]

        def reads(n: int) -> Request:
            return Request("GET", paths[n % 3], {"Authorization": f"Bearer {token}"})

        assert " passed" in project.make("journey", f"URL={services.url}")
        workers = [f"{part}-worker" for part in PARTS if services.copies(f"{part}-worker")]
        book, load = kill_everything(services, reads, workers, ["valkey", "kafka", "postgres"])
        told(
            "by Kafka: killed one after the other: a copy of each part, each worker (relay and consumer), NGINX, the cache, Kafka, PostgreSQL, all of payments for 20 s",
            book,
        )
        services.tell("by Kafka: reads of the other parts while payments is gone for 20 s", load)
        assert load.failed == []
