"""Events through Kafka itself: in order within a key, again until they are handled, and
nothing lost or done twice whatever is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import make_dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar
from uuid import UUID

import pytest
from tests.support.kafka import Broker, kafka
from tests.support.postgres import module, postgres
from tests.support.projects import OPEN, Project, environment, new, until, wait_for
from tests.support.stack import docker

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
PACKAGE = "kafka_lab"
KIND = "orders.order.changed"
# the hashes of these keys: "abc" are in three partitions of three, "def" too
NUMBERS = {"a": 2, "b": 3, "c": 4, "d": 5, "e": 7, "f": 8}


@pytest.fixture(scope="module")
def broker(containers: None) -> Iterator[Broker]:
    with kafka() as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("kafka")
    made = new(
        folder,
        "kafka-lab",
        "--preset",
        "ecommerce",
        "--architecture",
        "monolith",
        "--set",
        "stack.broker=kafka",
    )
    sys.path.append(str(made.folder / "src"))
    return made


class Lab:
    """One group of consumers, `stock`, and what its only handler got; `meets`: called
    with each before it counts.
    """

    def __init__(self, broker: Broker, **settings: Any) -> None:
        self.settings = module(
            PACKAGE, "chassis.mechanism.kafka_settings"
        ).KafkaSettings.model_construct(
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
        self.keys = {name: UUID(int=number) for name, number in NUMBERS.items()}
        self.names = {str(key): name for name, key in self.keys.items()}

    def client(self) -> Any:
        return module(PACKAGE, "chassis.mechanism.kafka").Kafka(
            self.settings, self.system
        )

    async def nothing(self, name: str, number: int) -> None:
        """Nothing goes wrong."""

    def handlers_of(self, name: str) -> dict[str, Sequence[str]]:
        return {KIND: ["stock.on_changed"]} if name == "stock" else {}

    async def deliver(self, handler: str, body: bytes) -> None:
        data = module(PACKAGE, "chassis.mechanism.envelope").opened(body).data
        name, number = self.names[data["order_id"]], data["number"]
        await self.meets(name, number)
        self.handled.append((name, number))

    async def publish(self, *events: tuple[str, int]) -> set[int]:
        """The partitions that they went to."""
        sent = []
        for name, number in events:
            event = self.event(order_id=self.keys[name], number=number)
            sent.append(await self.raw(event.key.encode(), event.to_cloudevent({})))
        await asyncio.gather(*map(self.kafka.delivered, sent))
        return {each.result().partition for each in sent}

    async def raw(self, key: bytes, body: bytes) -> Any:
        record = module(PACKAGE, "chassis.mechanism.kafka").Record
        return await self.kafka.send(
            record(self.kafka.topics.events("orders"), key, body)
        )

    def consumers(self, kafka: Any = None, works: Any = None) -> Any:
        kind = module(PACKAGE, "chassis.mechanism.kafka_consumer").Consumers
        return kind(kafka or self.kafka, works or self, ["stock"])

    def of(self, name: str) -> list[int]:
        return [number for of, number in self.handled if of == name]

    async def letters(self) -> list[str]:
        found: list[str] = await module(
            PACKAGE, "chassis.mechanism.kafka_dead_letters"
        ).letters(self.kafka, ["stock"])
        return found

    async def replay(self) -> None:
        await module(PACKAGE, "chassis.mechanism.kafka_dead_letters").replay_letters(
            self.kafka, ["stock"]
        )


@pytest.fixture
def lab(broker: Broker, project: Project, monkeypatch: pytest.MonkeyPatch) -> Lab:
    for name in ("kafka_topics", "kafka_consumer"):
        monkeypatch.setattr(
            module(PACKAGE, f"chassis.mechanism.{name}"), "DELAYS", (0.3, 0.6, 0.9)
        )
    monkeypatch.setattr(
        module(PACKAGE, "chassis.mechanism.kafka_consumer"), "LOOK", 0.1
    )
    return Lab(broker)


def story(lab: Lab, told: Coroutine[Any, Any, None], *consumers: Any) -> None:
    """Tells it while these consume, lab's own where none is named."""

    async def run() -> None:
        running = [
            asyncio.ensure_future(each.run()) for each in consumers or [lab.consumers()]
        ]
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


def test_the_order_within_a_key_is_kept_while_some_are_tried_again_and_no_other_key_waits(
    lab: Lab,
) -> None:
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
        assert (
            lab.handled.index(("c", 4))
            < lab.handled.index(("a", 2))
            < lab.handled.index(("a", 4))
        )

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


def test_poison_goes_to_the_dead_letters_which_can_be_looked_into_and_replayed(
    lab: Lab,
) -> None:
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
        assert (
            f"{KIND} " in found
            and "to stock.on_changed after 4 attempts: ValueError('a defect')" in found
        )
        assert "orders.order.unheard_of" in found and "nobody knows" in found
        assert "not an event in its envelope" in found
        broken = False
        await lab.replay()
        await eventually(lambda: ("a", 1) in lab.handled)
        while len(dead) != 2:  # those that nobody can read are given up again
            dead = await lab.letters()
        assert lab.handled == [("b", 1), ("a", 1)]

    story(lab, told())


def test_a_second_consumer_takes_its_share_and_what_was_in_hand_is_not_done_twice(
    lab: Lab,
) -> None:
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
            more = [
                (name, len(events) + number)
                for number in range(10)
                for name in "abcdef"
            ]
            await lab.publish(*more)
            events += more
            await eventually(lambda: len(lab.handled) > len(events) - 30)  # noqa: B023 - called here and now
        await eventually(lambda: len(lab.handled) >= len(events))
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await other.close()
        assert sorted(lab.handled) == sorted(events)
        assert all(lab.of(name) == sorted(lab.of(name)) for name in "abcdef")

    story(lab, told(), lab.consumers(None, Works("first")))


def test_partitions_that_are_more_than_before_are_read_from_their_first_event_and_keep_the_order(
    lab: Lab,
) -> None:
    """Nothing waited when they grew, as `docs/events.md` asks; what is published before
    anybody reads the new ones is not lost.
    """

    async def handled_by(expected: int) -> None:
        """By consumers that begin now, and are gone in the end."""
        reading = asyncio.ensure_future(lab.consumers().run())
        try:
            await eventually(lambda: len(lab.handled) >= expected)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def run() -> None:
        before = [(name, number) for number in range(5) for name in "abcdef"]
        await lab.publish(*before)
        await handled_by(len(before))
        await lab.kafka.close()

        lab.settings = lab.settings.model_copy(update={"kafka_partitions": 12})
        lab.kafka = lab.client()
        await lab.kafka.make([lab.kafka.topics.events("orders")])
        after = [(name, number) for number in range(5, 10) for name in "abcdef"]
        assert not await lab.publish(*after) <= {0, 1, 2}
        await handled_by(len(before + after))
        await lab.kafka.close()
        assert sorted(lab.handled) == sorted(before + after)
        assert all(lab.of(name) == list(range(10)) for name in "abcdef")

    asyncio.run(run())


def test_events_that_wait_are_a_metric_and_too_many_of_them_are_not_ready(
    broker: Broker, lab: Lab
) -> None:
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
        while lag:
            lag = (await consumers.metrics())['event_lag{group="stock"}']
            await asyncio.sleep(0.05)
        await consumers.check()

    consumers = few.consumers()
    story(few, told(), consumers)


def test_dead_letters_are_a_metric_with_the_age_of_the_oldest_until_they_are_replayed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        module(PACKAGE, "chassis.mechanism.kafka_consumer"), "LOOK_AT_LETTERS", 0.2
    )
    refused = module(PACKAGE, "chassis.mechanism.errors").Refused
    broken = True

    async def refuses(name: str, number: int) -> None:
        if broken:
            raise refused("never")

    async def told() -> None:
        nonlocal broken
        lab.meets = refuses
        began = time.time()
        await lab.publish(("a", 0), ("b", 0))
        found: dict[str, float] = {}
        while found.get('event_dead_letters{group="stock"}') != 2:
            found = await consumers.metrics()
            await asyncio.sleep(0.05)
        assert (
            0
            < found['event_dead_letter_age_seconds{group="stock"}']
            <= time.time() - began
        )
        await consumers.check()  # whoever can handle the rest goes on
        broken = False
        await lab.replay()
        while (
            found['event_dead_letters{group="stock"}']
            or found['event_dead_letter_age_seconds{group="stock"}']
        ):
            found = await consumers.metrics()
            await asyncio.sleep(0.05)
        await eventually(lambda: sorted(lab.handled) == [("a", 0), ("b", 0)])

    consumers = lab.consumers()
    story(lab, told(), consumers)


def test_after_a_rebalance_what_comes_of_a_key_still_waits_behind_what_is_to_be_tried_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        module(PACKAGE, "chassis.mechanism.kafka_consumer"), "DELAYS", (5.0, 5.0, 5.0)
    )
    joined = asyncio.Event()

    class Second:
        """Works in another process, and says that it does."""

        handlers_of = staticmethod(lab.handlers_of)

        @staticmethod
        async def deliver(handler: str, body: bytes) -> None:
            joined.set()
            await lab.deliver(handler, body)

    async def fails(name: str, number: int) -> None:
        if name in "abc":
            raise ValueError("not yet")

    async def told() -> None:
        lab.meets = fails
        await lab.publish(*[(name, 0) for name in "abcdef"])
        waiting = 0.0
        while waiting < 3:
            waiting = (await first.metrics())['event_retries{group="stock"}']
            await asyncio.sleep(0.05)
        lab.meets = lab.nothing
        other = lab.client()
        second = asyncio.ensure_future(lab.consumers(other, Second).run())
        number = 1
        while not joined.is_set():
            await lab.publish(*[(name, number) for name in "def"])
            number += 1
            await eventually(lambda: len(lab.handled) >= 3 * number - 3)  # noqa: B023 - called here and now
        await lab.publish(*[(name, 1) for name in "abc"])
        await eventually(lambda: len(lab.handled) >= 6 + 3 * number)
        assert [lab.of(name) for name in "abc"] == [[0, 1]] * 3
        assert [lab.of(name) for name in "def"] == [list(range(number))] * 3
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await other.close()

    first = lab.consumers()
    story(lab, told(), first)


class Shop:
    """The whole project, embedded but for its broker."""

    def __init__(self, project: Project, broker: Broker, **settings: str) -> None:
        self.project = project
        self.package = project.folder.name.replace("-", "_")
        self.url = project.urls["dev"]
        self.environment = {
            **environment(),
            "KAFKA_URL": broker.url,
            "PYTHONPATH": "src",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port = self.url.rpartition(":")[2]
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "--factory",
            f"{self.package}.apps.dev:create_app",
            "--port",
            port,
        ]
        log = self.project.folder / "dev.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=self.project.folder,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(f"{self.url}/health/live", self.process, log)

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(
        self, path: str, body: object = None, token: str = "", **headers: str
    ) -> Any:
        """The document of an answer to a GET, or to a POST."""
        data = None if body is None else json.dumps(body).encode()
        told = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            **headers,
        }
        with OPEN(
            urllib.request.Request(f"{self.url}{path}", data, told), timeout=30
        ) as answer:
            return json.loads(answer.read())

    def staff(self) -> str:
        lines = (self.project.folder / ".env").read_text().splitlines()
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        login = {"email": said["ADMIN_EMAIL"], "password": said["ADMIN_PASSWORD"]}
        return str(self.ask("/api/auth/login", login)["access_token"])

    def product(self, staff: str) -> str:
        body = {
            "sku": token_hex(8),
            "name": "hammer",
            "price": "2.00",
            "category": "tool",
            "stock": 1000,
        }
        return str(self.ask("/api/products", body, staff)["id"])

    def order(self, token: str, product: str, **headers: str) -> str:
        body = {
            "lines": [{"product_id": product, "quantity": 2}],
            "payment_method": "card_ok",
        }
        return str(self.ask("/api/orders", body, token, **headers)["id"])

    def confirmed(self, token: str, orders: Sequence[str]) -> bool:
        return all(
            self.ask(f"/api/orders/{order}", token=token)["status"] == "confirmed"
            for order in orders
        )


def test_nothing_is_lost_nor_done_twice_when_the_process_and_the_broker_are_killed(
    project: Project, broker: Broker
) -> None:
    project.make("setup")
    shop = Shop(project, broker)
    shop.start()
    try:
        staff = shop.staff()
        product = shop.product(staff)
        placed = [shop.order(staff, product) for _ in range(15)]
        shop.kill()
        shop.start()
        placed += [shop.order(staff, product) for _ in range(10)]
        broker.kill()
        # the outbox keeps what the broker is to have
        placed += [shop.order(staff, product) for _ in range(10)]
        assert shop.ask("/health/ready") == {"status": "ok"}
        broker.start()
        placed += [shop.order(staff, product) for _ in range(5)]
        until(lambda: shop.confirmed(staff, placed), 120)
        assert shop.ask(f"/api/products/{product}", token=staff)[
            "stock"
        ] == 1000 - 2 * len(placed)
        for order in placed:
            payments = shop.ask(f"/api/payments?order_id={order}", token=staff)["items"]
            assert [payment["status"] for payment in payments] == ["captured"]
    finally:
        shop.kill()


COLLECTOR = """
receivers: {otlp: {protocols: {http: {endpoint: "0.0.0.0:4318"}}}}
exporters: {debug: {verbosity: detailed}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}
"""


@pytest.fixture
def collector(
    tmp_path: Path, containers: None
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Its address, and what it has received."""
    config = tmp_path / "collector.yaml"
    config.write_text(COLLECTOR)
    tmp_path.chmod(0o755)
    image = "otel/opentelemetry-collector-contrib:0.161.0"
    mounted = ("--volume", f"{config}:/etc/collector.yaml:ro")
    name = docker(
        "run",
        "--detach",
        "--publish",
        "127.0.0.1::4318",
        *mounted,
        image,
        "--config",
        "/etc/collector.yaml",
    )
    name = name.strip()

    def received() -> str:
        done = subprocess.run(
            ["docker", "logs", name], check=True, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    try:
        port = docker("port", name, "4318/tcp").split(":")[-1].strip()
        until(lambda: "Everything is ready" in received())
        yield f"http://127.0.0.1:{port}", received
    finally:
        docker("rm", "--force", name)


@pytest.mark.parametrize("carrier", ["http", "broker"])
def test_an_order_is_one_trace_through_all_services_and_what_carries_its_events(
    carrier: str,
    broker: Broker,
    collector: tuple[str, Callable[[], str]],
    tmp_path: Path,
) -> None:
    chosen = (
        "--set",
        "stack.observability=opentelemetry",
        "--set",
        "stack.broker=kafka",
    )
    services = new(
        tmp_path,
        "traced-shop",
        "--preset",
        "ecommerce",
        "--architecture",
        "microservices",
        *chosen,
    )
    services.make("setup")
    endpoint, received = collector
    shop = Shop(services, broker, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
    if carrier == "http":
        shop.environment["KAFKA_URL"] = ""
    shop.start()
    try:
        staff = shop.staff()
        product = shop.product(staff)
        trace = token_hex(16)
        order = shop.order(
            staff, product, traceparent=f"00-{trace}-00f067aa0ba902b7-01"
        )
        until(lambda: shop.confirmed(staff, [order]), 180)
        wanted = {
            "POST /api/orders",
            "publish orders.order.placed",
            "handle inventory.reserve",
            "publish inventory.stock.reserved",
            "publish orders.order.payment_requested",
            "publish payments.payment.captured",
        }
        if carrier == "http":
            wanted.add("POST /internal/events/{handler}")

        def spans() -> list[str]:
            return [
                span for span in re.split(r"Span #\d+", received()) if trace in span
            ]

        until(lambda: wanted <= set(re.findall(r"Name +: (.*)", "".join(spans()))))
        print(
            f"\nspans of the trace, {carrier}:",
            *sorted(re.findall(r"Name +: (.*)", "".join(spans()))),
            sep="\n",
        )
        parents = re.findall(r"Parent ID +: ?(\w*)", "".join(spans()))
        own = {*re.findall(r"\n +ID +: (\w+)", "".join(spans())), "00f067aa0ba902b7"}
        assert set(parents) <= own
    finally:
        shop.kill()


class Log:
    """What relays publish, in the order in which it came; confirmed a moment later."""

    def __init__(self) -> None:
        self.topics = module(PACKAGE, "chassis.mechanism.kafka_topics").Topics("lab")
        self.values: list[bytes] = []

    async def send(self, record: Any) -> asyncio.Future[None]:
        self.values.append(record.value)
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, confirmed.set_result, None)
        return confirmed

    async def delivered(self, sent: asyncio.Future[None]) -> None:
        await sent


def test_relays_that_race_for_an_outbox_on_postgresql_publish_it_once_and_in_its_order(
    project: Project, containers: None
) -> None:
    log = Log()

    async def told(url: str) -> None:
        database = module(PACKAGE, "chassis.mechanism.sql").Database(f"{url}/postgres")
        await module(PACKAGE, "apps.alembic.migrate").upgrade(database, ["accounts"])
        outboxes = module(PACKAGE, "chassis.mechanism.sql").tables(
            PACKAGE, ["accounts"], "outbox"
        )
        background = module(PACKAGE, "chassis.mechanism.background").Background(PACKAGE)
        kind = module(PACKAGE, "chassis.mechanism.kafka_relay").KafkaRelay
        relays = [kind(database, background, outboxes, log) for _ in range(3)]
        cache = module(PACKAGE, "chassis.mechanism.memory_cache").MemoryCache()
        for number in range(450):
            unit = module(PACKAGE, "accounts.repository").AccountsUnitOfWork(
                database, cache, relays[0]
            )
            event = module(PACKAGE, "accounts.events").LinkRequested
            unit.publish(event(email=f"{number}@example.com", purpose="verify-email"))
            await unit.commit()
        while (await relays[0].metrics())['outbox_events{state="waiting"}']:
            await asyncio.gather(*[relay.relay_once("accounts") for relay in relays])
        await database.close()

    with postgres() as url:
        asyncio.run(told(url))
    emails = [json.loads(value)["data"]["email"] for value in log.values]
    assert emails == [f"{number}@example.com" for number in range(450)]
