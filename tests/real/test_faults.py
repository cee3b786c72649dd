"""Under a steady load through NGINX, things fall: what the clients see of it. `pytest
-s` prints the figures.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable

import pytest
from tests.support.projects import until
from tests.support.stack import Stack, docker
from tests.support.steady import Request, Steady, steady

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def mix(stack: Stack) -> Callable[[int], Request]:
    """Reads of somebody and of nobody, lists, and with every fifth request an order."""
    token = stack.staff()
    bearer = {"Authorization": f"Bearer {token}"}
    paths = [
        stack.product(token, secrets.token_hex(8), stock=1_000_000) for _ in range(20)
    ]

    def request(n: int) -> Request:
        path = paths[n % len(paths)]
        if n % 5 == 0:
            line = {"product_id": path.rsplit("/", 1)[1], "quantity": 1}
            body = json.dumps({"lines": [line], "payment_method": "card_ok"})
            return Request("POST", "/api/orders", bearer | JSON, body)
        if n % 5 == 1:
            return Request("GET", "/api/products?category=tool&sort=-price", {})
        if n % 5 == 2:
            return Request("GET", "/api/orders", bearer)
        return Request("GET", path, bearer if n % 5 == 3 else {})

    return request


@pytest.fixture
def reads(mix: Callable[[int], Request]) -> Callable[[int], Request]:
    return lambda n: mix(n // 4 * 5 + n % 4 + 1)


def hardly_a_write(load: Steady) -> None:
    """What may be repeated never fails; a write that came as the port closed may, and
    can be repeated by its key.
    """
    assert [outcome for outcome in load.failed if outcome.request.method == "GET"] == []
    assert len(load.failed) <= 1
    assert all(
        outcome.status == 503 and "retry-after" in outcome.headers
        for outcome in load.failed
    )


def test_a_copy_that_is_killed_costs_no_read(
    stack: Stack, reads: Callable[[int], Request]
) -> None:
    with steady(stack.url, reads) as load:
        time.sleep(2)
        victim = stack.copies()[0]
        docker("kill", victim)
        time.sleep(8)
        docker("start", victim)
        time.sleep(2)
    stack.compose("up", "--detach", "--no-build", "--wait", "app")
    stack.tell("a copy is killed, and started again; reads alone", load)
    assert load.failed == []


def test_a_copy_that_is_stopped_costs_no_request_that_may_be_repeated(
    stack: Stack, mix: Callable[[int], Request]
) -> None:
    with steady(stack.url, mix) as load:
        time.sleep(2)
        victim = stack.copies()[0]
        docker("stop", victim)
        time.sleep(4)
    docker("start", victim)
    stack.compose("up", "--detach", "--no-build", "--wait", "app")
    stack.tell("a copy is stopped", load)
    hardly_a_write(load)


def test_without_the_cache_every_request_is_answered(
    stack: Stack, mix: Callable[[int], Request]
) -> None:
    with steady(stack.url, mix) as load:
        time.sleep(2)
        stack.compose("stop", "--timeout", "1", "valkey")
        time.sleep(6)
        stack.compose("start", "valkey")
        time.sleep(3)
    stack.tell("the cache is stopped for 6 s", load)
    assert load.failed == []


def test_without_the_database_clients_are_told_to_come_back_and_are_served_within_10_s_of_its_return(
    stack: Stack, mix: Callable[[int], Request]
) -> None:
    with steady(stack.url, mix) as load:
        time.sleep(2)
        stack.compose("stop", "--timeout", "1", "postgres")
        time.sleep(6)
        begun = load.now()
        stack.compose("start", "postgres")
        until(
            lambda: (
                stack.compose("ps", "--format", "{{.Health}}", "postgres").strip()
                == "healthy"
            )
        )
        back = load.now()
        time.sleep(11)
    stack.tell("the database is stopped for 6 s", load)
    last = max(outcome.at for outcome in load.failed)
    print(
        f"started at {begun:.1f} s, healthy at {back:.1f} s, the last refused at {last:.1f} s"
    )
    assert {
        (outcome.status, "retry-after" in outcome.headers) for outcome in load.failed
    } == {(503, True)}
    assert last < back + 10


def test_a_new_version_rolls_out_without_a_failed_request(
    stack: Stack, mix: Callable[[int], Request]
) -> None:
    old = stack.copies()
    with (stack.project.folder / f"src/{stack.package}/__init__.py").open("a") as file:
        file.write("\n# another version\n")
    with steady(stack.url, mix) as load:
        time.sleep(1)
        stack.project.make("deploy")
        time.sleep(3)
    stack.tell("a new version rolls out (built meanwhile, on the same two cores)", load)
    assert load.failed == []
    assert len(stack.copies()) == len(old) and not set(stack.copies()) & set(old)


def test_a_version_that_does_not_get_ready_is_taken_away_and_the_old_one_goes_on(
    stack: Stack, mix: Callable[[int], Request]
) -> None:
    old = stack.copies()
    serve = stack.project.folder / f"src/{stack.package}/apps/serve.py"
    good = serve.read_text()
    broken = good.replace("    config = ", "    raise SystemExit(3)\n    config = ")
    assert broken != good
    serve.write_text(broken)
    with (
        steady(stack.url, mix) as load,
        pytest.raises(AssertionError, match="the old one goes on"),
    ):
        stack.project.make("deploy")
    serve.write_text(good)
    stack.tell("a version that does not get ready", load)
    assert load.failed == []
    assert stack.copies() == old
