"""What streams of generated projects cost beside bare ones: `python -m bench.stream
[EVENTS]` (Docker).

Three questions, on one Kafka and one PostgreSQL, one after the other in turns:

- how many events a second a consumer counts, beside a bare aiokafka consumer that
  decodes the same records and runs the same two statements a batch, and commits its
  offsets to the broker
- how many events a second are taken in over HTTP, beside a bare FastAPI route with a
  pydantic model that sends the same batches
- how large the server becomes while ten times as much comes as it has room for
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID

import httpx2 as httpx
from tests.support.kafka import kafka
from tests.support.postgres import postgres
from tests.support.projects import Project, environment, new, until
from tests.support.streams import batches, draw

TURNS = 3
PARTITIONS = 8
BATCH = 4_000
PASSWORD = "correct horse battery staple"
BARE = """
import asyncio, json, os
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zlib import crc32
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic_core import to_json
import sys
sys.path.insert(0, "src")
from stream_bench.chassis.mechanism.kafka_settings import connection

producer = None

@asynccontextmanager
async def lifespan(app):
    global producer
    producer = AIOKafkaProducer(**connection(os.environ["KAFKA_URL"]), acks="all", max_batch_size=262144)
    await producer.start()
    yield
    await producer.stop()

class Event(BaseModel):
    id: UUID
    device_id: UUID
    at: datetime
    kind: Annotated[str, Field(min_length=1, max_length=64)]
    value: Decimal

class Events(BaseModel):
    events: Annotated[list[Event], Field(min_length=1, max_length=1000)]

app = FastAPI(lifespan=lifespan)

@app.post("/api/events", status_code=202)
async def ingest(body: Events):
    batches = {}
    sent = []
    for event in body.events:
        partition = crc32(event.device_id.bytes) % 8
        batch = batches.get(partition)
        if batch is None:
            batch = batches[partition] = producer.create_batch()
        value = to_json({"version": 1, **event.model_dump()})
        if batch.append(key=event.device_id.bytes, value=value, timestamp=None) is None:
            sent.append(await producer.send_batch(batch, "stream-bench.bare", partition=partition))
            batch = batches[partition] = producer.create_batch()
            batch.append(key=event.device_id.bytes, value=value, timestamp=None)
    for partition, batch in batches.items():
        sent.append(await producer.send_batch(batch, "stream-bench.bare", partition=partition))
    await asyncio.gather(*sent)
    return {"accepted": len(body.events)}

@app.get("/health/live")
async def live():
    return {}
"""


def lab(name: str) -> Any:
    return import_module(f"stream_bench.{name}")


class Bench:
    def __init__(self, project: Project, url: str, database: str) -> None:
        self.project, self.url, self.database = project, url, database
        self.settings = lab("chassis.mechanism.kafka_settings").KafkaSettings(
            _env_file=None, kafka_url=url
        )
        self.environment = {
            **environment(),
            "PYTHONPATH": "src",
            "DATABASE_URL": database.replace("+asyncpg", ""),
            "KAFKA_URL": url,
            "ADMIN_EMAIL": "staff@example.com",
            "ADMIN_PASSWORD": PASSWORD,
            "BACKGROUND": "false",
        }

    def log(self, topic: str) -> Any:
        kind = lab("chassis.mechanism.event_log_kafka").KafkaEventLog
        return kind(self.settings, topic, PARTITIONS, timedelta(days=7))

    @asynccontextmanager
    async def emptied(self) -> AsyncIterator[Any]:
        """The database, with nothing in the tables of the aggregates."""
        database = lab("chassis.mechanism.sql").Database(
            self.database.replace("+asyncpg", "")
        )
        try:
            async with database.module("aggregates").begin() as connection:
                for table in lab("aggregates.repository").metadata.sorted_tables:
                    await connection.execute(table.delete())
            yield database
        finally:
            await database.close()

    # a consumer

    async def fill(self, topic: str, count: int) -> None:
        stream = lab("contracts.stream")
        devices = [str(UUID(int=number)) for number in range(1, 501)]
        log = self.log(topic)
        for batch in batches(draw(count, devices, datetime.now(UTC)), 5_000):
            await log.append(
                [
                    (
                        UUID(event.device_id).bytes,
                        stream.encode(
                            stream.Measured(
                                event.id,
                                UUID(event.device_id),
                                event.at,
                                event.kind,
                                event.value,
                            )
                        ),
                    )
                    for event in batch
                ]
            )
        await log.close()

    async def consumed(self, topic: str, count: int) -> float:
        """Events a second of the project's own consumer."""
        async with self.emptied() as database:
            log = self.log(topic)
            repository = lab("aggregates.repository")
            writer = lab("aggregates.consumer").WindowWriter(60, timedelta(hours=24))
            consumer = lab("chassis.mechanism.stream_consumer").StreamConsumer(
                log,
                database.module("aggregates"),
                repository.CONSUMER,
                writer.write,
                batch=BATCH,
            )
            await log.ends()
            begun, done = time.perf_counter(), 0
            while done < count:
                done += await consumer.once()
            taken = time.perf_counter() - begun
            await log.close()
        return count / taken

    async def consumed_bare(self, topic: str, count: int) -> float:
        """The same of aiokafka, pydantic-core and SQLAlchemy alone."""
        from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

        stream, consuming = lab("contracts.stream"), lab("aggregates.consumer")
        domain, tables = (
            lab("aggregates.domain"),
            lab("aggregates.repository").TABLES["a"],
        )
        async with self.emptied() as database:
            consumer = AIOKafkaConsumer(
                topic,
                **lab("chassis.mechanism.kafka_settings").connection(self.url),
                group_id=token_hex(4),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=1_048_576,
            )
            await consumer.start()
            begun, done = time.perf_counter(), 0
            while done < count:
                found = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
                events: dict[Any, Any] = {}
                for messages in found.values():
                    for message in messages:
                        event = stream.decode(message.value)
                        events.setdefault((event.device_id, event.id), event)
                        done += 1
                if events:
                    async with database.module("aggregates").begin() as connection:
                        added = await consuming._remember(
                            connection, tables.seen, events
                        )
                        await consuming._add(
                            connection, tables.windows, domain.windows_of(added, 60)
                        )
                    await consumer.commit()
            taken = time.perf_counter() - begun
            await consumer.stop()
        return count / taken

    # a server

    @contextmanager
    def server(
        self, app: str, *options: str, **settings: str
    ) -> Iterator[tuple[str, int]]:
        """Its URL and its process id."""
        port = int(subprocess.check_output([sys.executable, "-c", FREE]))
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            app,
            *options,
            "--port",
            str(port),
            "--no-access-log",
        ]
        process = subprocess.Popen(
            command,
            cwd=self.project.folder,
            env={**self.environment, **settings},
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"

        def lives() -> bool:
            try:
                return (
                    httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
                )
            except httpx.HTTPError:
                return False

        try:
            until(lives, 60)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait()

    def login(self, url: str) -> tuple[dict[str, str], list[str]]:
        """What a request shows, and devices."""
        with httpx.Client(base_url=url, trust_env=False) as client:
            person = {"email": "staff@example.com", "password": PASSWORD}
            token = client.post("/api/auth/login", json=person).json()["access_token"]
            shown = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
            }
            names = [{"name": f"device {number}"} for number in range(50)]
            devices = [
                client.post("/api/devices", json=name, headers=shown).json()["id"]
                for name in names
            ]
        return shown, devices


FREE = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"


async def post(
    url: str, shown: dict[str, str], bodies: list[bytes], at_once: int
) -> tuple[float, list[int]]:
    """The seconds that it took, and the statuses."""
    waiting = iter(bodies)
    statuses: list[int] = []

    async def sender(client: httpx.AsyncClient) -> None:
        for body in waiting:
            answer = await client.post("/api/events", content=body, headers=shown)
            statuses.append(answer.status_code)

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        begun = time.perf_counter()
        await asyncio.gather(*(sender(client) for _ in range(at_once)))
        return time.perf_counter() - begun, statuses


def bodies_of(devices: list[str], count: int, size: int) -> list[bytes]:
    events = draw(count, devices, datetime.now(UTC))
    return [
        json.dumps({"events": [e.document() for e in batch]}).encode()
        for batch in batches(events, size)
    ]


def memory(pid: int) -> float:
    """The most that a process ever had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def report(what: str, own: list[float], bare: list[float]) -> None:
    ours, theirs = statistics.median(own), statistics.median(bare)
    print(
        f"{what}: {ours:,.0f} events/s, bare {theirs:,.0f}: {ours / theirs:.0%}  (of {TURNS} turns)",
        flush=True,
    )


def measure(bench: Bench, count: int) -> None:
    topic = f"bench-{token_hex(3)}"
    asyncio.run(bench.fill(topic, count))
    own, bare = [], []
    for _ in range(TURNS):
        own.append(asyncio.run(bench.consumed(topic, count)))
        bare.append(asyncio.run(bench.consumed_bare(topic, count)))
    report("consumer", own, bare)
    (bench.project.folder / "bare.py").write_text(BARE)
    asyncio.run(bench.fill("stream-bench.bare", 1))
    for size in (1000, 100):
        own, bare = [], []
        for _ in range(TURNS):
            for app, speeds in (
                (("stream_bench.apps.app:create_app", "--factory"), own),
                (("bare:app",), bare),
            ):
                with bench.server(*app) as (url, _):
                    if speeds is own:
                        shown, devices = bench.login(url)
                        bodies = bodies_of(devices, count // 2, size)
                    asyncio.run(post(url, shown, bodies[:10], 4))
                    taken, statuses = asyncio.run(post(url, shown, bodies, 4))
                    assert set(statuses) == {202}, statuses
                    speeds.append(count // 2 / taken)
        report(f"ingest in batches of {size}", own, bare)
    room = 1_048_576
    with bench.server(
        "stream_bench.apps.app:create_app", "--factory", INGEST_BYTES=str(room)
    ) as (url, pid):
        shown, devices = bench.login(url)
        bodies = bodies_of(devices, 20_000, 1000)
        asyncio.run(post(url, shown, bodies, 4))
        before = memory(pid)
        flood = bodies * 20
        at_once = 10 * room // len(bodies[0])
        _, statuses = asyncio.run(post(url, shown, flood, at_once))
        print(
            f"flood: {at_once} bodies of {len(bodies[0]) // 1024} KB at once where {room // 1024} KB have room: "
            f"{statuses.count(202)} taken, {statuses.count(429)} told to wait, {len(statuses)} in all; "
            f"{before:.0f} MB before, {memory(pid):.0f} MB at most"
        )


def main(run: Callable[[Bench, int], None] = measure) -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with (
        tempfile.TemporaryDirectory() as folder,
        kafka() as broker,
        postgres() as database,
    ):
        options = (
            "--preset",
            "realtime",
            "--architecture",
            "monolith",
            "--set",
            "stack.broker=kafka",
        )
        project = new(Path(folder), "stream-bench", *options)
        project.make("setup")
        sys.path.append(str(project.folder / "src"))
        bench = Bench(project, broker.url, f"{database}/postgres")
        subprocess.run(
            [sys.executable, "-m", "stream_bench.apps.migrate"],
            cwd=project.folder,
            env=bench.environment,
            check=True,
        )
        print(
            f"{count:,} events, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        run(bench, count)


if __name__ == "__main__":
    main()
