"""What reads bring along of another module's rows: the same in every architecture, in
one call, and a 503 where that module is away.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx2 as httpx
import pytest
from tests.parity.systems import System, running, write_project

DOMAIN: dict[str, Any] = {
    "modules": {
        "crm": {
            "entities": {
                "customer": {
                    "access": {"read": "owner", "write": "owner"},
                    "display": ["name", "born", "tier", "worth", "waits"],
                    "fields": {
                        "name": {"type": "string", "required": True},
                        "born": {"type": "date"},
                        "tier": {
                            "type": "enum",
                            "values": ["gold", "iron"],
                            "labels": {"gold": "Gold"},
                        },
                        "worth": {"type": "decimal"},
                        "waits": {"type": "duration"},
                        "secret": {"type": "string"},
                    },
                },
                "tag": {
                    "access": {"read": "public", "write": "user"},
                    "display": "label",
                    "fields": {
                        "label": {"type": "string", "required": True},
                        "body": {"type": "text"},
                    },
                },
            }
        },
        "sales": {
            "entities": {
                "line": {
                    "access": {"read": "public", "write": "user"},
                    "fields": {
                        "tags": {
                            "type": "references",
                            "to": "crm.tag",
                            "max": 9,
                            "ordered": True,
                        }
                    },
                },
                "order": {
                    "access": {"read": "public", "write": "user"},
                    "expand": ["customer", "line.tags"],
                    "fields": {
                        "customer": {"type": "reference", "to": "crm.customer"},
                        "line": {"type": "reference", "to": "sales.line"},
                    },
                },
            }
        },
    }
}
Row = dict[str, Any]


class Doors:
    """The ways between the parts of services: who was asked what, and whether the door
    is shut.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.shut = False


@pytest.fixture(scope="module", params=["monolith", "microservices", "serverless"])
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def doors() -> Doors:
    return Doors()


@pytest.fixture(scope="module")
def system(
    architecture: str, doors: Doors, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("across")
    name = f"across-{architecture}"
    project = write_project(folder, name, architecture, DOMAIN)
    more = (
        {}
        if architecture == "serverless"
        else {"database_url": f"sqlite+aiosqlite:///{folder}/data"}
    )
    with pytest.MonkeyPatch.context() as patch:
        if architecture == "microservices":
            kind = import_module(f"{name.replace('-', '_')}.apps.dev").InProcess
            through = kind.handle_async_request

            async def guarded(self: Any, request: httpx.Request) -> httpx.Response:
                if request.url.path.startswith("/internal/crm"):
                    doors.asked.append(request.url.path)
                    if doors.shut:
                        raise httpx.ConnectError("refused")
                answer: httpx.Response = await through(self, request)
                return answer

            patch.setattr(kind, "handle_async_request", guarded)
        with running(project, **more) as opened:
            yield opened


@pytest.fixture(scope="module")
def rows(system: System) -> dict[str, Row]:
    made = system.make
    ann = made(
        "ann",
        "customers",
        name="Ann",
        born="2001-02-03",
        tier="gold",
        worth="9.9",
        waits="PT90M",
        secret="a",
    )
    new, old = (
        made("ann", "tags", label="new", body="x"),
        made("bob", "tags", label="old"),
    )
    line = made("ann", "lines", tags=[old["id"], new["id"]])
    return {
        "ann": ann,
        "order": made("ann", "orders", customer=ann["id"], line=line["id"]),
        "line": line,
        "new": new,
    }


def test_rows_of_another_module_are_shown_by_their_display(
    system: System, rows: dict[str, Row]
) -> None:
    path = f"/api/orders/{rows['order']['id']}"
    found = system.ask("ann", "GET", path, query={"expand": "customer,line.tags"})
    expanded = found["body"].pop("expanded")
    assert found["status"] == 200 and found["body"] == rows["order"]
    shown = {
        key: rows["ann"][key]
        for key in ("id", "name", "born", "tier", "worth", "waits")
    }
    assert expanded["customer"] == shown and shown["worth"] == "9.90"
    tags = expanded["line"]["expanded"]["tags"]
    assert [tag["label"] for tag in tags] == ["old", "new"] and {
        len(tag) for tag in tags
    } == {2}
    assert system.ask("ann", "GET", path)["body"] == rows["order"]


@pytest.mark.parametrize("who", ["nobody", "bob"])
def test_another_owner_s_row_is_null_there_too(
    system: System, rows: dict[str, Row], who: str
) -> None:
    (order,) = system.ask(
        who, "GET", "/api/orders", query={"expand": "customer,line.tags"}
    )["body"]["items"]
    assert (order["customer"], order["expanded"]["customer"]) == (
        rows["ann"]["id"],
        None,
    )
    assert len(order["expanded"]["line"]["expanded"]["tags"]) == 2
    staff = system.ask(
        "staff",
        "GET",
        f"/api/orders/{rows['order']['id']}",
        query={"expand": "customer"},
    )
    assert staff["body"]["expanded"]["customer"]["name"] == "Ann"


def test_the_tag_covers_what_another_module_shows(
    system: System, rows: dict[str, Row]
) -> None:
    path, asked = f"/api/orders/{rows['order']['id']}", {"expand": "line.tags"}
    seen = system.ask("ann", "GET", path, query=asked)["etag"]
    assert (
        system.ask(
            "ann", "PATCH", f"/api/tags/{rows['new']['id']}", {"body": "hidden"}
        )["status"]
        == 200
    )
    assert (
        system.ask("ann", "GET", path, query=asked, headers={"If-None-Match": seen})[
            "status"
        ]
        == 304
    )
    assert (
        system.ask(
            "ann", "PATCH", f"/api/tags/{rows['new']['id']}", {"label": "newer"}
        )["status"]
        == 200
    )
    assert (
        system.ask("ann", "GET", path, query=asked, headers={"If-None-Match": seen})[
            "status"
        ]
        == 200
    )


def test_what_is_gone_is_null_and_its_id_stays(system: System) -> None:
    gone = system.ask("ann", "POST", "/api/customers", {"name": "Gone"})["body"]["id"]
    order = system.ask("ann", "POST", "/api/orders", {"customer": gone})["body"]
    assert system.ask("ann", "DELETE", f"/api/customers/{gone}")["status"] == 204
    found = system.ask(
        "ann", "GET", f"/api/orders/{order['id']}", query={"expand": "customer"}
    )["body"]
    assert found == {**order, "expanded": {"customer": None}}


def test_a_list_asks_the_other_part_once_and_is_a_503_where_that_is_away(
    system: System, rows: dict[str, Row], doors: Doors, architecture: str
) -> None:
    """Without `expand` it is answered all the same; where nothing is referred to,
    nobody is asked.
    """
    for number in range(5):
        customer = system.ask(
            "ann", "POST", "/api/customers", {"name": f"no {number}"}
        )["body"]["id"]
        made = system.ask(
            "ann",
            "POST",
            "/api/orders",
            {"customer": customer, "line": rows["line"]["id"]},
        )
    doors.asked.clear()
    found = system.ask(
        "ann", "GET", "/api/orders", query={"expand": "customer,line.tags"}
    )
    assert found["status"] == 200 and len(found["body"]["items"]) >= 6
    once = ["/internal/crm/shown_customers", "/internal/crm/shown_tags"]
    assert doors.asked == (once if architecture == "microservices" else [])
    if architecture != "microservices":
        return
    doors.shut = True
    try:
        path = f"/api/orders/{made['body']['id']}"
        assert (
            system.ask("ann", "GET", path, query={"expand": "customer"})["status"]
            == 503
        )
        assert (
            system.ask("ann", "GET", "/api/orders", query={"expand": "customer"})[
                "status"
            ]
            == 503
        )
        assert system.ask("ann", "GET", "/api/orders")["status"] == 200
        assert system.ask("ann", "GET", path, query={"expand": "line"})["status"] == 200
    finally:
        doors.shut = False
