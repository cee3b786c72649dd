"""Events through Kafka itself: in order within a key, again until they are handled, and nothing lost or done twice whatever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import make_dataclass
from secrets import token_hex
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from tests.support.kafka import Broker, kafka
from tests.support.postgres import module
from tests.support.projects import Project, ask, environment, new, until, wait_for

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
PACKAGE = "kafka_lab"
KIND = "orders.order.changed"


@pytest.fixture(scope="module")
def broker(containers: None) -> Iterator[Broker]:
    with kafka() as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("kafka")
    made = new(folder, "kafka-lab", "--preset", "ecommerce", "--architecture", "monolith", "--set", "stack.broker=kafka")
    sys.path.append(str(made.folder / "src"))
    return made


class Lab:
    """One group of consumers, `stock`, and what its only handler got; `meets`: called with each before it counts."""

    def __init__(self, broker: Broker, **settings: Any) -> None:
        self.settings = module(PACKAGE, "chassis.mechanism.kafka_settings").KafkaSettings.model_construct(
            kafka_url=broker.url, **{"kafka_partitions": 3, **settings}
        )
        self.system = f"lab-{token_hex(4)}"
        self.kafka = self.client()
        self.handled: list[tuple[str, int]] = []
        self.meets: Callable[[str, int], Awaitable[None]] = self.nothing
        self.event = make_dataclass(
            "Changed",
            [("order_id", UUID), ("number", int)],
            bases=(module(PACKAGE, "chassis.mechanism.events").Event,),
            namespace={"type": KIND, "__annotations__": {"type": ClassVar[str]}},
            frozen=True,
            slots=True,
            kw_only=True,
        )
        self.keys = {name: uuid4() for name in "abcdef"}
        self.names = {str(key): name for name, key in self.keys.items()}

    def client(self) -> Any:
        return module(PACKAGE, "chassis.mechanism.kafka").Kafka(self.settings, self.system)

    async def nothing(self, name: str, number: int) -> None:
        """Nothing goes wrong."""

    def handlers_of(self, name: str) -> dict[str, Sequence[str]]:
        return {KIND: ["stock.on_changed"]} if name == "stock" else {}

    async def deliver(self, handler: str, body: bytes) -> None:
        data = module(PACKAGE, "chassis.mechanism.envelope").opened(body).data
        name, number = self.names[data["order_id"]], data["number"]
        await self.meets(name, number)
        self.handled.append((name, number))

    async def publish(self, *events: tuple[str, int]) -> None:
        sent = []
        for name, number in events:
            event = self.event(order_id=self.keys[name], number=number)
            sent.append(await self.raw(event.key.encode(), event.to_cloudevent({})))
        await asyncio.gather(*map(self.kafka.delivered, sent))

    async def raw(self, key: bytes, body: bytes) -> Any:
        record = module(PACKAGE, "chassis.mechanism.kafka").Record
        return await self.kafka.send(record(self.kafka.topics.events("orders"), key, body))

    def consumers(self, kafka: Any = None, works: Any = None) -> Any:
        kind = module(PACKAGE, "chassis.mechanism.kafka_consumer").Consumers
        return kind(kafka or self.kafka, works or self, ["stock"])

    def of(self, name: str) -> list[int]:
        return [number for of, number in self.handled if of == name]

    async def letters(self) -> list[str]:
        found: list[str] = await module(PACKAGE, "chassis.mechanism.kafka_dead_letters").letters(self.kafka, ["stock"])
        return found

    async def replay(self) -> None:
        await module(PACKAGE, "chassis.mechanism.kafka_dead_letters").replay_letters(self.kafka, ["stock"])


@pytest.fixture
def lab(broker: Broker, project: Project, monkeypatch: pytest.MonkeyPatch) -> Lab:
    for name in ("kafka_topics", "kafka_consumer"):
        monkeypatch.setattr(module(PACKAGE, f"chassis.mechanism.{name}"), "DELAYS", (0.3, 0.6, 0.9))
    monkeypatch.setattr(module(PACKAGE, "chassis.mechanism.kafka_consumer"), "LOOK", 0.1)
    return Lab(broker)


def story(lab: Lab, told: Coroutine[Any, Any, None], *consumers: Any) -> None:
    """Tells it while these consume, lab's own where none is named."""

    async def run() -> None:
        running = [asyncio.ensure_future(each.run()) for each in consumers or [lab.consumers()]]
        try:
            await told
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await lab.kafka.close()

    asyncio.run(run())


async def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.05)


def test_the_order_within_a_key_is_kept_while_some_are_tried_again_and_no_other_key_waits(lab: Lab) -> None:
    failures = {("a", 2): 2, ("b", 1): 1}

    async def fails(name: str, number: int) -> None:
        if failures.get((name, number), 0) > 0:
            failures[name, number] -= 1
            raise ValueError("not yet")

    async def told() -> None:
        lab.meets = fails
        await lab.publish(*[(name, number) for number in range(5) for name in "abcdef"])
        await eventually(lambda: len(lab.handled) >= 30)
        for name in "abcdef":
            assert lab.of(name) == [0, 1, 2, 3, 4], name
        # those that were not held up came before those that waited behind a failure
        assert lab.handled.index(("c", 4)) < lab.handled.index(("a", 2)) < lab.handled.index(("a", 4))

    story(lab, told())


def test_what_only_meets_something_that_is_away_waits_in_its_place(lab: Lab) -> None:
    unavailable = module(PACKAGE, "chassis.mechanism.errors").Unavailable
    away = {"a": 3}

    async def fails(name: str, number: int) -> None:
        if away.get(name, 0) > 0:
            away[name] -= 1
            raise unavailable("the database does not answer")

    async def told() -> None:
        lab.meets = fails
        await lab.publish(("a", 0), ("a", 1), ("b", 0))
        await eventually(lambda: len(lab.handled) >= 3)
        assert (lab.of("a"), lab.of("b")) == ([0, 1], [0])
        assert await lab.letters() == []

    story(lab, told())


def test_poison_goes_to_the_dead_letters_which_can_be_looked_into_and_replayed(lab: Lab) -> None:
    broken = True

    async def fails(name: str, number: int) -> None:
        if name == "a" and broken:
            raise ValueError("a defect")

    async def told() -> None:
        nonlocal broken
        lab.meets = fails
        await lab.raw(b"a", b"not JSON")
        unknown = lab.event(order_id=lab.keys["b"], number=7).to_cloudevent({})
        await lab.raw(b"b", unknown.replace(KIND.encode(), b"orders.order.unheard_of"))
        await lab.publish(("a", 1), ("b", 1))
        dead: list[str] = []
        while len(dead) < 3:
            dead = await lab.letters()
        assert lab.handled == [("b", 1)]
        found = "\n".join(sorted(dead))
        assert f"{KIND} " in found and "to stock.on_changed after 4 attempts: ValueError('a defect')" in found
        assert "orders.order.unheard_of" in found and "nobody knows" in found
        assert "not an event in its envelope" in found
        broken = False
        await lab.replay()
        await eventually(lambda: ("a", 1) in lab.handled)
        while len(dead) != 2:  # those that nobody can read are given up again
            dead = await lab.letters()
        assert lab.handled == [("b", 1), ("a", 1)]

    story(lab, told())


def test_a_second_consumer_takes_its_share_and_what_was_in_hand_is_not_done_twice(lab: Lab) -> None:
    by: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)

    class Works(Lab):
        """The same, for another process."""

        def __init__(self, name: str) -> None:
            self.__dict__.update(lab.__dict__)
            self.meets = self.slowly
            self.called = name

        async def slowly(self, name: str, number: int) -> None:
            await asyncio.sleep(0.01)
            by[self.called].append((name, number))

    other = lab.client()

    async def told() -> None:
        events = [(name, number) for number in range(30) for name in "abcdef"]
        await lab.publish(*events)
        await eventually(lambda: len(lab.handled) > 20)
        second = asyncio.ensure_future(lab.consumers(other, Works("second")).run())
        while len(by) < 2:  # until both are at work
            more = [(name, len(events) + number) for number in range(10) for name in "abcdef"]
            await lab.publish(*more)
            events += more
            await eventually(lambda: len(lab.handled) > len(events) - 30)
        await eventually(lambda: len(lab.handled) >= len(events))
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await other.close()
        assert sorted(lab.handled) == sorted(events)
        assert all(lab.of(name) == sorted(lab.of(name)) for name in "abcdef")

    story(lab, told(), lab.consumers(None, Works("first")))


def test_events_that_wait_are_a_metric_and_too_many_of_them_are_not_ready(broker: Broker, lab: Lab) -> None:
    unavailable = module(PACKAGE, "chassis.mechanism.errors").Unavailable
    few = Lab(broker, kafka_max_lag=10)
    open_again = asyncio.Event()

    async def waits(name: str, number: int) -> None:
        await open_again.wait()

    async def told() -> None:
        few.meets = waits
        await few.publish(*[("a", number) for number in range(30)])
        lag = 0.0
        while lag < 30:
            lag = (await consumers.metrics())['event_lag{group="stock"}']
            await asyncio.sleep(0.05)
        with pytest.raises(unavailable, match="too many events wait for stock"):
            await consumers.check()
        open_again.set()
        await eventually(lambda: len(few.handled) >= 30)
        while (await consumers.metrics())['event_lag{group="stock"}']:
            await asyncio.sleep(0.05)
        await consumers.check()

    consumers = few.consumers()
    story(few, told(), consumers)


class Shop:
    """The whole project, embedded but for its broker."""

    def __init__(self, project: Project, broker: Broker) -> None:
        self.project = project
        self.url = project.urls["dev"]
        self.environment = {**environment(), "KAFKA_URL": broker.url, "PYTHONPATH": "src"}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = self.project.folder / "dev.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "--factory", f"{PACKAGE}.apps.dev:create_app", "--log-level", "warning",
                 "--port", self.url.rpartition(":")[2]],
                cwd=self.project.folder, env=self.environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        wait_for(f"{self.url}/health/live", self.process, log)

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def login(self, email: str, password: str) -> str:
        status, found = ask(f"{self.url}/api/auth/login", "POST", {"email": email, "password": password})
        assert status == 200, found
        return str(found["access_token"])


def test_nothing_is_lost_nor_done_twice_when_the_process_and_the_broker_are_killed(
    project: Project, broker: Broker
) -> None:
    project.make("setup")
    said = dict(line.split("=", 1) for line in (project.folder / ".env").read_text().splitlines() if "=" in line)
    shop = Shop(project, broker)
    shop.start()
    try:
        staff = shop.login(said["ADMIN_EMAIL"], said["ADMIN_PASSWORD"])
        body = {"sku": "hammer", "name": "hammer", "price": "2.00", "category": "tool", "stock": 1000}
        status, product = ask(f"{shop.url}/api/products", "POST", body, staff)
        assert status == 201, product
        placed = []

        def place(count: int) -> None:
            line = {"product_id": product["id"], "quantity": 2}
            for _ in range(count):
                order = {"lines": [line], "payment_method": "card_ok"}
                status, found = ask(f"{shop.url}/api/orders", "POST", order, staff)
                assert status == 201, found
                placed.append(found["id"])

        def ended() -> bool:
            found = [ask(f"{shop.url}/api/orders/{order}", token=staff)[1] for order in placed]
            return all(order["status"] == "confirmed" for order in found)

        place(15)
        shop.kill()
        shop.start()
        place(10)
        broker.kill()
        place(10)  # the outbox keeps what the broker is to have
        assert ask(f"{shop.url}/health/ready")[0] == 200
        broker.start()
        place(5)
        until(ended, 120)
        _, left = ask(f"{shop.url}/api/products/{product['id']}", token=staff)
        assert left["stock"] == 1000 - 2 * len(placed)
        for order in placed:
            _, payments = ask(f"{shop.url}/api/payments?order_id={order}", token=staff)
            assert [payment["status"] for payment in payments["items"]] == ["captured"]
    finally:
        shop.kill()
