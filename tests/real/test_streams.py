"""Events through Kafka into PostgreSQL while consumers and the broker are killed: the
windows equal a reference.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.kafka import Broker, kafka
from tests.support.postgres import postgres
from tests.support.projects import OPEN, Project, ask, environment, new, until
from tests.support.samples import times
from tests.support.streams import Event, Totals, batches, draw, reference

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
# the page docs/performance.md has figures of 100,000
COUNT = times(20_000, 10_000, "ARCHGEN_STREAM_EVENTS")
PASSWORD = "correct horse battery staple"


class System:
    """A server that takes events in and has no background; consumers are copies of it
    that have.
    """

    def __init__(self, project: Project, broker: Broker, database: str) -> None:
        self.project = project
        self.broker = broker
        self.database = database
        self.environment = {
            **environment(),
            "PYTHONPATH": "src",
            "DATABASE_URL": database,
            "KAFKA_URL": broker.url,
            "ADMIN_EMAIL": "staff@example.com",
            "ADMIN_PASSWORD": PASSWORD,
            "PROCESSES": "8",
        }

    def run(self, *arguments: str) -> None:
        command = [sys.executable, "-m", *arguments]
        subprocess.run(
            command,
            cwd=self.project.folder,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    @contextmanager
    def process(
        self, name: str, *, background: bool
    ) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
        """Its URL, and the process, which may be dead when it is left."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "stream_killed.apps.app:create_app",
            "--factory",
        ]
        told = {**self.environment, "BACKGROUND": str(background).lower()}
        with (self.project.folder / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                [*command, "--port", str(port), "--no-access-log"],
                cwd=self.project.folder,
                env=told,
                stdout=log,
                stderr=log,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _answers(f"{url}/health/live"), 120)
            yield url, process
        finally:
            process.kill()
            process.wait()

    async def windows(
        self, lab: Callable[[str], Any]
    ) -> dict[tuple[str, str, datetime], Totals]:
        database = lab("chassis.mechanism.sql").Database(self.database)
        repository = lab("aggregates.repository")
        try:
            async with database.module("aggregates").connect() as connection:
                rows = await connection.execute(repository.TABLES["a"].windows.select())
        finally:
            await database.close()
        return {
            (str(row["device_id"]), row["kind"], row["window_start"]): (
                row["count"],
                row["sum"],
                row["min"],
                row["max"],
            )
            for row in rows.mappings()
        }


def _answers(url: str) -> bool:
    try:
        with OPEN(url, timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def system(
    containers: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("killed")
    options = (
        "--preset",
        "realtime",
        "--architecture",
        "monolith",
        "--set",
        "stack.broker=kafka",
    )
    project = new(folder, "stream-killed", *options)
    project.make("setup")
    sys.path.append(str(project.folder / "src"))
    with kafka() as broker, postgres() as url:
        system = System(project, broker, f"{url.replace('+asyncpg', '')}/postgres")
        system.run("stream_killed.apps.migrate")
        yield system


def feed(url: str, token: str, events: list[Event], sent: list[int]) -> None:
    """Each batch until it is taken; what nobody answered is sent again."""
    for batch in batches(events, 500):
        body = {"events": [event.document() for event in batch]}
        deadline = time.monotonic() + 120
        while True:
            try:
                status, answer = ask(f"{url}/api/events", "POST", body, token)
            except OSError:
                status, answer = 0, ""
            if status == 202:
                break
            assert status in (0, 429, 503) and time.monotonic() < deadline, (
                status,
                answer,
            )
            time.sleep(0.2)
        sent.append(len(batch))


def killed(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def lab(name: str) -> Any:
    import importlib

    return importlib.import_module(f"stream_killed.{name}")


def test_windows_equal_the_reference_with_consumers_and_the_broker_killed(
    system: System,
) -> None:
    now = datetime.now(UTC)
    with system.process("server", background=False) as (url, _):
        _, tokens = ask(
            f"{url}/api/auth/login",
            "POST",
            {"email": "staff@example.com", "password": PASSWORD},
        )
        token = tokens["access_token"]
        devices = [
            ask(f"{url}/api/devices", "POST", {"name": f"device {n}"}, token)[1]["id"]
            for n in range(50)
        ]
        events = draw(COUNT, devices, now)
        expected = reference(events, now)
        half, sent = len(events) // 2, [0]
        feeding = [
            threading.Thread(target=feed, args=(url, token, part, sent))
            for part in (events[:half], events[half:])
        ]
        for thread in feeding:
            thread.start()
        for kill in range(3):
            with (
                system.process("first", background=True) as (_, first),
                system.process("second", background=True),
            ):
                until(lambda share=(kill + 1) / 5: sum(sent) >= share * COUNT, 300)  # type: ignore[misc]
                if kill == 1:
                    system.broker.kill()
                    system.broker.start()
                killed([first])
        with system.process("last", background=True) as (consumer, _):
            for thread in feeding:
                thread.join()
            assert sum(sent) == COUNT

            def counted() -> bool:
                return sum(
                    row[0] for row in asyncio.run(system.windows(lab)).values()
                ) >= sum(row[0] for row in expected.values())

            until(counted, 300)
            until(lambda: b"stream_lag_records 0" in _read(f"{consumer}/metrics"), 60)
            assert asyncio.run(system.windows(lab)) == expected
            device = devices[0]
            _, page = ask(
                f"{url}/api/aggregates?device_id={device}&kind=noise&limit=1",
                token=token,
            )
            newest = max(
                (key for key in expected if key[:2] == (device, "noise")),
                key=lambda key: key[2],
            )
            assert page["items"][0]["count"] == expected[newest][0]


def _read(url: str) -> bytes:
    with OPEN(url, timeout=10) as answer:
        return bytes(answer.read())


def test_the_folder_of_logs_has_no_defect(system: System) -> None:
    """What died and what waited is said; nothing raised that nobody expected."""
    for log in Path(system.project.folder).glob("*.log"):
        assert "the background task" not in log.read_text(), log.read_text()[-3000:]
