"""How many queries a request costs: as many for several rows as for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop.apps import dev
from shop.apps.settings import Settings

from tests.api import Api
from tests.client import client_of
from tests.conftest import login
from tests.inventory.factories import new_product
from tests.orders.factories import new_order, settled

ENTITIES: dict[str, Callable[[Api], dict[str, Any]]] = {
    "/api/products": lambda staff: new_product(),
}
# of the request that is being answered
statements: ContextVar[list[str]] = ContextVar("statements")


def counting(app: ASGIApp) -> ASGIApp:
    """The app, with the number of queries that an answer took in a header of it."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[str] = []
        statements.set(sent)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"queries", str(len(sent)).encode()),
                ]
            await send(message)

        await app(scope, receive, sending)

    return counted


@pytest.fixture(autouse=True)
def _noted() -> Iterator[None]:
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (sent := statements.get(None)) is not None:
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def data(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(
        update={"database_url": f"sqlite+aiosqlite:///{tmp_path}"}
    )


@contextmanager
def instance(settings: Settings) -> Iterator[Api]:
    """A process that has cached nothing yet, as its member of staff sees it."""
    with client_of(counting(dev.create_app(settings))) as client:
        yield login(Api(client), settings.admin_email, settings.admin_password)


def cost(api: Api, method: str, path: str, **options: Any) -> int:
    answer = api.request(method, path, **options)
    assert answer.is_success, answer.text
    return int(answer.headers["queries"])


def test_a_list_is_one_query_however_many_rows_and_so_is_a_read(data: Settings) -> None:
    with instance(data) as staff:
        rows = {
            path: [staff.create(path, new(staff)) for _ in range(4)]
            for path, new in ENTITIES.items()
        }
        many = "/api/products"  # more of these than the largest page has
        made = [staff.create(many, ENTITIES[many](staff))["id"] for _ in range(101)]
    with instance(data) as staff:
        assert [cost(staff, "GET", f"{path}?limit=1") for path in rows] == [1] * len(
            rows
        )
        assert [cost(staff, "GET", f"{path}?limit=3") for path in rows] == [1] * len(
            rows
        )
        assert [
            cost(staff, "GET", f"{path}/{rows[path][0]['id']}") for path in rows
        ] == [1] * len(rows)
        assert cost(staff, "GET", f"{many}?limit=100") == 1
        after = staff.get(f"{many}?limit=100").json()["next"]
        assert cost(staff, "GET", f"{many}?limit=100&after={after}") == 1
        assert [row["id"] for row in staff.every(many, limit=100)][:101] == made[::-1]


def test_an_order_is_three_queries_however_many_its_lines(data: Settings) -> None:
    with instance(data) as staff:
        body = new_order(staff)
        line, lines = (
            body["lines"],
            [line for _ in range(9) for line in new_order(staff)["lines"]],
        )
    with instance(data) as staff:  # the products; the order, and the event of it
        assert cost(staff, "POST", "/api/orders", json={**body, "lines": lines}) == 3
        assert cost(staff, "POST", "/api/orders", json={**body, "lines": line}) == 3
        for order in staff.every("/api/orders"):
            settled(staff, order)
        assert cost(staff, "GET", "/api/orders") == 1
