"""A project of the preset for streams, written once for these tests, and its log on
each of its adapters.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from tests.support.kafka import Broker, kafka
from tests.support.projects import Project, new

LOGS = ["sql", pytest.param("kafka", marks=pytest.mark.real)]
PARTITIONS = 4
Work = Callable[[Any], Awaitable[None]]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A monolith; its package is `stream_lab`, and can be imported."""
    folder = tmp_path_factory.mktemp("streams")
    options = (
        "--preset",
        "realtime",
        "--architecture",
        "monolith",
        "--set",
        "stack.broker=kafka",
    )
    made = new(folder, "stream-lab", *options)
    sys.path.append(str(made.folder / "src"))
    return made


@pytest.fixture(scope="session")
def lab(project: Project) -> Callable[[str], Any]:
    """`lab("chassis.mechanism.sql")`: that module of the project."""
    return lambda name: import_module(f"stream_lab.{name}")


@pytest.fixture(scope="module")
def broker(containers: None) -> Iterator[Broker]:
    with kafka() as started:
        yield started


@pytest.fixture(params=LOGS)
def on_log(
    request: pytest.FixtureRequest, lab: Callable[[str], Any], tmp_path: Path
) -> Callable[[Work], None]:
    """Has work done with a log that is empty yet."""

    async def on_sql(work: Work) -> None:
        database = lab("chassis.mechanism.sql").Database(
            f"sqlite+aiosqlite:///{tmp_path}"
        )
        try:
            await lab("apps.alembic.migrate").upgrade(database, ["events"])
            await work(
                lab("chassis.mechanism.sql_event_log").SqlEventLog(
                    database, "events", PARTITIONS
                )
            )
        finally:
            await database.close()

    async def on_kafka(work: Work) -> None:
        settings = lab("chassis.mechanism.kafka_settings").KafkaSettings(
            _env_file=None, kafka_url=request.getfixturevalue("broker").url
        )
        kind = lab("chassis.mechanism.event_log_kafka").KafkaEventLog
        log = kind(settings, f"log.{token_hex(4)}", PARTITIONS, timedelta(days=7))
        try:
            await work(log)
        finally:
            await log.close()

    if request.param == "sql":
        return lambda work: asyncio.run(on_sql(work))
    request.getfixturevalue("broker")
    return lambda work: asyncio.run(on_kafka(work))
