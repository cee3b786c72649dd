"""Functions on SQL, a piece at a time: tokens in place of passwords, what is sent and
when, jobs that are given up.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.projects import Project, until


@pytest.fixture
def chassis(sql_shop: Project) -> Callable[[str], Any]:
    return lambda name: import_module(f"functions_sql.chassis.{name}")


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, chassis: Callable[[str], Any]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "known")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    chassis("mechanism.aws")._session.cache_clear()


def test_the_password_is_the_token_that_aws_s_own_client_makes(
    credentials: None, chassis: Callable[[str], Any]
) -> None:
    own = chassis("mechanism.sql_function").token("proxy.example.com", 5432, "orders")
    there = (
        import_module("boto3")
        .client("rds")
        .generate_db_auth_token("proxy.example.com", 5432, "orders")
    )
    for one, other in [(urlsplit(f"https://{own}"), urlsplit(f"https://{there}"))]:
        assert (
            (one.netloc, one.path)
            == (other.netloc, other.path)
            == ("proxy.example.com:5432", "/")
        )
        mine, its = parse_qs(one.query), parse_qs(other.query)
        varying = {"X-Amz-Date", "X-Amz-Signature"}
        assert {name: mine[name] for name in mine if name not in varying} == {
            name: its[name] for name in its if name not in varying
        }
        if mine["X-Amz-Date"] == its["X-Amz-Date"]:
            assert mine["X-Amz-Signature"] == its["X-Amz-Signature"]


def settings(sql_shop: Project, **told: Any) -> Any:
    return import_module("functions_sql.apps.settings").Settings(
        _env_file=None, modules_env="", **told
    )


def test_a_function_with_a_proxy_has_one_connection_and_no_password(
    sql_shop: Project, chassis: Callable[[str], Any]
) -> None:
    told = settings(sql_shop, database_host="proxy.example.com", database_user="orders")
    assert (
        "@proxy.example.com:5432/app?sslmode=verify-full" in told.database_place
        and ":" not in told.database_place[13:30]
    )
    database = chassis("mechanism.sql_function").FunctionDatabase(told)
    assert database.connections() == (0, 1)
    assert settings(sql_shop, queues='{"orders": "https://queue"}').queues == {
        "orders": "https://queue"
    }


def test_no_connection_stays_open_when_the_gateway_ends(
    sql_shop: Project, tmp_path: Path
) -> None:
    """Neither of a function that answered nor of one that reacted; twice in one
    process, as tests have it.
    """
    told = {
        "database_url": f"sqlite+aiosqlite:///{tmp_path / 'data'}",
        "mail_url": f"file:{tmp_path / 'mails'}",
        "jwt_keys": tmp_path / "keys",
        "service_keys": tmp_path / "service-keys",
    }
    import_module("functions_sql.accounts.keys").make_key(tmp_path / "keys")
    for name in ("ann", "bob"):
        app = import_module("functions_sql.apps.dev").create_app(
            settings(sql_shop, **told)
        )
        with import_module("starlette.testclient").TestClient(app) as client:
            person = {
                "email": f"{name}@example.com",
                "password": "correct horse battery staple",
            }
            assert client.post("/api/auth/register", json=person).status_code == 201
            assert client.get("/health/ready").status_code == 200
            until(partial(mailed, tmp_path / "mails", person["email"]))
            assert open_databases(tmp_path)
        assert open_databases(tmp_path) == set()


def mailed(folder: Path, address: str) -> bool:
    return any(address in each.read_text() for each in folder.glob("*.eml"))


def open_databases(folder: Path) -> set[str]:
    """The files under this folder that this process has open."""
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it was that of the listing
            found.add(os.readlink(each))
    return {name for name in found if name.startswith(str(folder))}


class Slow:
    """A dispatcher that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.sent: list[str] = []

    def targets(self, kind: str) -> list[str]:
        return ["accounts.send_link"]

    async def deliver(self, handler: str, body: bytes) -> None:
        await asyncio.sleep(self.seconds)
        self.sent.append(handler)


def story(
    tmp_path: Path,
    chassis: Callable[[str], Any],
    dispatcher: Any,
    work: Callable[[Any, Any], Any],
) -> Any:
    """Runs `work` with a relay and a database of the module accounts, whose tables are
    there.
    """
    sql = chassis("mechanism.sql")

    async def run() -> Any:
        database = sql.Database(f"sqlite+aiosqlite:///{tmp_path}")
        await import_module("functions_sql.apps.alembic.migrate").upgrade(
            database, ["accounts"]
        )
        outboxes = sql.tables("functions_sql", ["accounts"], "outbox")
        relay = chassis("mechanism.sql_queues").QueueRelay(
            database, dispatcher, outboxes
        )
        try:
            return await work(database, relay)
        finally:
            await database.close()

    return asyncio.run(run())


async def publish(database: Any, relay: Any) -> None:
    repository = import_module("functions_sql.accounts.repository")
    events = import_module("functions_sql.accounts.events")
    cache = import_module("functions_sql.chassis.mechanism.no_cache").NoCache()
    unit = repository.AccountsUnitOfWork(database, cache, relay)
    unit.publish(events.LinkRequested(email="ann@example.com", purpose="verify-email"))
    await unit.commit()


def test_an_answer_waits_a_moment_for_what_it_has_caused_and_no_longer(
    tmp_path: Path, chassis: Callable[[str], Any]
) -> None:
    async def work(database: Any, relay: Any) -> float:
        await publish(database, relay)
        begun = time.monotonic()
        await relay.flush(0.2)
        waited = time.monotonic() - begun
        await asyncio.gather(*relay._working)  # as the next call lets it go on
        return waited

    slow = Slow(1.5)
    assert story(tmp_path, chassis, slow, work) < 1.2
    assert slow.sent == ["accounts.send_link"]


def test_what_is_committed_is_sent_once_and_an_idle_function_asks_nothing(
    tmp_path: Path, chassis: Callable[[str], Any]
) -> None:
    quick = Slow(0)

    async def work(database: Any, relay: Any) -> None:
        await publish(database, relay)
        await relay.flush(5)
        await relay.flush(5)
        await relay.drain(5)
        assert (await relay.metrics())['outbox_events{state="waiting"}'] == 0

    story(tmp_path, chassis, quick, work)
    assert quick.sent == ["accounts.send_link"]


def test_a_job_that_is_given_up_is_a_dead_letter_and_a_replay_runs_it(
    tmp_path: Path, chassis: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_module = chassis("mechanism.sql_worker")
    background = chassis("mechanism.background")
    refused = chassis("policy.errors").Refused
    runs: list[int] = []
    letters: list[str] = []

    async def fails() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise refused("of no use")

    async def work(database: Any, relay: Any) -> None:
        part = chassis("mechanism.context").PartContext(None, database, None, relay)
        own = background.Background("functions_sql")
        job = background.Job(
            "accounts.tidy",
            "accounts",
            import_module("datetime").timedelta(hours=1),
            3,
            fails,
        )
        own.jobs[job.name] = job
        worker = worker_module.SqlWorker(part, own, "letters")

        async def bury(body: str, error: Exception) -> None:
            letters.append(body)

        monkeypatch.setattr(worker, "bury", bury)
        await worker.work({"job": "accounts.tidy"}, 60)
        assert [json.loads(letter)["job"] for letter in letters] == ["accounts.tidy"]
        await worker.work(json.loads(letters[0]), 60)
        await worker.work({"job": "due"}, 60)
        assert len(runs) == 2
        with pytest.raises(LookupError):
            await worker.work({"job": "accounts.nothing"}, 60)

    story(tmp_path, chassis, Slow(0), work)
