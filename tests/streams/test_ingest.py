"""More comes in than can be taken: clients are told to wait, and no more is in hand
than there is room for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient
from tests.support.projects import Project
from tests.support.streams import draw

Lab = Callable[[str], Any]
PASSWORD = "correct horse battery staple"
ROOM = 1_048_576


@pytest.fixture
def app(project: Project, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("ingest")
    lab("accounts.keys").make_key(folder / "keys")
    told = lab("apps.settings").Settings(
        _env_file=None,
        jwt_keys=folder / "keys",
        mail_url=f"file:{folder}/mails",
        database_url=f"sqlite+aiosqlite:///{folder}/data",
        admin_email="staff@example.com",
        admin_password=PASSWORD,
        ingest_bytes=ROOM,
    )
    return lab("apps.dev").create_app(told)


@pytest.fixture
def client(app: Any) -> Iterator[Any]:
    with TestClient(app) as opened:
        login = {"email": "staff@example.com", "password": PASSWORD}
        token = opened.post("/api/auth/login", json=login).json()["access_token"]
        opened.headers["Authorization"] = f"Bearer {token}"
        yield opened


def body_of(client: Any, count: int = 1) -> bytes:
    device = client.post("/api/devices", json={"name": "thermometer"}).json()["id"]
    events = [event.document() for event in draw(count, [device], datetime.now(UTC))]
    return json.dumps({"events": events}).encode()


def post(client: Any, content: Any) -> Any:
    return client.post(
        "/api/events", content=content, headers={"Content-Type": "application/json"}
    )


def test_what_there_is_no_room_for_is_told_to_wait_and_taken_later(
    app: Any, client: Any, lab: Lab
) -> None:
    admission = app.state.services[lab("events.service").EventsService].admission
    body = body_of(client)
    with admission.admit(ROOM - len(body)):
        assert post(client, body).status_code == 202
        told = post(client, body + b" ")
        unannounced = post(client, iter([body]))
    assert (told.status_code, unannounced.status_code) == (429, 429)
    assert (
        told.headers["Retry-After"] == "1"
        and told.json()["title"] == "Too Many Requests"
    )
    assert (
        post(client, body).status_code == post(client, iter([body])).status_code == 202
    )
    assert admission.held == 0


def test_no_more_is_in_hand_than_there_is_room_for_while_the_log_stands_still(
    app: Any, client: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = app.state.services[lab("events.service").EventsService]
    body = body_of(client, 1000)
    at_once = 10 * ROOM // len(body)
    held: list[int] = []

    async def flood() -> list[int]:
        answered, waiting = asyncio.Event(), asyncio.Event()

        class Stuck:
            async def append(self, entries: Any) -> None:
                held.append(service.admission.held)
                await answered.wait()

        monkeypatch.setattr(service, "_log", Stuck())
        refused = 0

        async def send(way: httpx.AsyncClient) -> int:
            nonlocal refused
            answer = await way.post("/api/events", content=body)
            refused += answer.status_code == 429
            if refused == at_once - ROOM // len(body):
                waiting.set()
            return int(answer.status_code)

        headers = {
            "Authorization": client.headers["Authorization"],
            "Content-Type": "application/json",
        }
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            base_url="http://test", transport=transport, headers=headers
        ) as way:
            sending = [asyncio.ensure_future(send(way)) for _ in range(at_once)]
            await waiting.wait()
            answered.set()
            return list(await asyncio.gather(*sending))

    statuses = client.portal.call(flood)
    assert statuses.count(202) == ROOM // len(body) == len(held)
    assert statuses.count(429) == at_once - len(held)
    assert max(held) <= ROOM and service.admission.held == 0
