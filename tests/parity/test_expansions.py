"""What reads bring along is the same on every database, no more than the caller may
read, and bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.parity.systems import (
    KEY_VALUE,
    SERVERS,
    System,
    on_sql,
    running,
    write_project,
)

DOMAIN: dict[str, Any] = {
    "modules": {
        "shop": {
            "entities": {
                "maker": {
                    "access": {"read": "staff", "write": "staff"},
                    "fields": {"title": {"type": "string"}},
                },
                "product": {
                    "access": {"read": "public", "write": "user"},
                    "keys": ["code"],
                    "expand": ["maker", "related"],
                    "fields": {
                        "code": {
                            "type": "string",
                            "max_length": 20,
                            "required": True,
                            "unique": True,
                        },
                        "size": {"type": "integer"},
                        "price": {"type": "decimal", "min": 0},
                        "body": {"type": "text"},
                        "maker": {"type": "reference", "to": "shop.maker"},
                        "related": {
                            "type": "references",
                            "to": "shop.product",
                            "max": 9,
                            "ordered": True,
                        },
                    },
                },
                "person": {
                    "access": {"read": "owner", "write": "owner"},
                    "display": ["name", "born"],
                    "expand": ["friend"],
                    "fields": {
                        "name": {"type": "string", "required": True},
                        "born": {"type": "date"},
                        "secret": {"type": "string"},
                        "friend": {"type": "reference", "to": "shop.person"},
                    },
                },
                "basket": {
                    "access": {"read": "public", "write": "user"},
                    "expand": ["holder.friend", "things.related.maker", "before"],
                    "fields": {
                        "holder": {
                            "type": "reference",
                            "to": "shop.person",
                            "listed_as": "baskets",
                        },
                        "things": {
                            "type": "references",
                            "to": "shop.product",
                            "max": 18,
                        },
                        "before": {
                            "type": "reference",
                            "to": "shop.basket",
                            "one_to_one": True,
                            "listed_as": "later",
                        },
                    },
                },
            }
        }
    }
}
Row = dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "dynamodb", *SERVERS])
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("along")
    if request.param == "dynamodb":
        project = write_project(
            folder, "along-moto", "serverless", {**DOMAIN, **KEY_VALUE}
        )
        with running(project) as opened:
            yield opened
        return
    with on_sql(request, folder, "along", DOMAIN) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(system: System) -> dict[str, Row]:
    """By what they are called: Ann's basket of two things, one of which is related to
    the other and has a maker.
    """

    made = system.make
    maker = made("staff", "makers", title="Müller")
    nail = made("ann", "products", code="nail", size=3, price="0.10", maker=maker["id"])
    hammer = made(
        "ann",
        "products",
        code="hammer",
        size=7,
        price="9.90",
        body="x" * 50,
        related=[nail["id"]],
    )
    bob = made("bob", "people", name="Bob", secret="b")
    ann = made("ann", "people", name="Ann", born="2001-02-03", secret="a")
    empty = made("ann", "baskets")
    full = made(
        "ann",
        "baskets",
        holder=ann["id"],
        things=[hammer["id"], nail["id"]],
        before=empty["id"],
    )
    system.ask("staff", "PATCH", f"/api/people/{ann['id']}", {"friend": bob["id"]})
    return {
        "maker": maker,
        "nail": nail,
        "hammer": hammer,
        "bob": bob,
        "ann": ann,
        "empty": empty,
        "full": full,
    }


def read(
    system: System, who: str, path: str, expand: str | None = None, **query: Any
) -> Any:
    answer = system.ask(
        who,
        "GET",
        path,
        query={**query, **({"expand": expand} if expand is not None else {})},
    )
    assert answer["status"] == 200, answer
    return answer["body"]


def test_what_is_not_asked_for_is_not_there(
    system: System, rows: dict[str, Row]
) -> None:
    assert read(system, "ann", f"/api/baskets/{rows['full']['id']}") == rows["full"]
    assert read(system, "ann", "/api/baskets")["items"] == [rows["full"], rows["empty"]]


def test_a_reference_stands_beside_its_id_and_shows_what_is_displayed(
    system: System, rows: dict[str, Row]
) -> None:
    ann = {"id": rows["ann"]["id"], "name": "Ann", "born": "2001-02-03"}
    assert read(
        system, "ann", f"/api/baskets/{rows['full']['id']}", "holder,before"
    ) == {
        **rows["full"],
        "expanded": {"holder": ann, "before": rows["empty"]},
    }
    assert read(
        system, "ann", f"/api/baskets/{rows['empty']['id']}", "holder,things"
    ) == {
        **rows["empty"],
        "expanded": {"holder": None, "things": []},
    }


def test_steps_are_followed_through_what_is_displayed_and_through_whole_rows(
    system: System, rows: dict[str, Row]
) -> None:
    along = read(
        system,
        "staff",
        f"/api/baskets/{rows['full']['id']}",
        "things.related.maker,holder.friend",
    )["expanded"]
    maker, bob = rows["maker"], {"id": rows["bob"]["id"], "name": "Bob", "born": None}
    nail = {**rows["nail"], "expanded": {"maker": maker}}
    assert sorted(along["things"], key=lambda thing: thing["code"]) == [
        {**rows["hammer"], "expanded": {"related": [nail]}},
        {**rows["nail"], "expanded": {"related": []}},
    ]
    assert along["holder"]["expanded"] == {"friend": bob}
    assert [thing["id"] for thing in along["things"]] == rows["full"]["things"]


def test_every_read_and_list_of_the_entity_brings_it_along(
    system: System, rows: dict[str, Row]
) -> None:
    expected = {**rows["nail"], "expanded": {"maker": rows["maker"]}}
    assert read(system, "staff", "/api/products/by-code/nail", "maker") == expected
    assert expected in read(system, "staff", "/api/products", "maker")["items"]
    full = read(system, "ann", f"/api/baskets/{rows['full']['id']}", "before")
    assert read(system, "ann", f"/api/people/{rows['ann']['id']}/baskets", "before")[
        "items"
    ] == [full]
    assert (
        read(system, "ann", f"/api/baskets/{rows['empty']['id']}/later", "before")
        == full
    )
    first = read(system, "ann", "/api/baskets", "before", limit=1)
    assert first["items"] == [full] and first["next"]


@pytest.mark.parametrize("who", ["nobody", "bob"])
def test_what_the_caller_may_not_read_is_null_and_its_id_stays(
    system: System, rows: dict[str, Row], who: str
) -> None:
    """Another owner's row, and rows that are staff's alone: nothing of them, nor of
    what lies behind.
    """
    found = read(
        system,
        who,
        f"/api/baskets/{rows['full']['id']}",
        "holder.friend,things.related.maker",
    )
    assert found["holder"] == rows["ann"]["id"]
    assert found["expanded"]["holder"] is None
    (hammer,) = [
        thing for thing in found["expanded"]["things"] if thing["code"] == "hammer"
    ]
    (nail,) = hammer["expanded"]["related"]
    assert (nail["maker"], nail["expanded"]) == (rows["maker"]["id"], {"maker": None})
    assert "secret" not in str(found)


def test_friends_of_others_stay_hidden_from_the_one_who_has_them(
    system: System, rows: dict[str, Row]
) -> None:
    found = read(system, "ann", f"/api/people/{rows['ann']['id']}", "friend")
    assert (found["friend"], found["expanded"]) == (rows["bob"]["id"], {"friend": None})


@pytest.mark.parametrize(
    "asked",
    [
        "maker",
        "things.maker",
        "things,",
        "",
        "things things",
        "__class__",
        "things.related.related",
    ],
)
def test_what_is_not_offered_is_a_422_that_says_what_is(
    system: System, rows: dict[str, Row], asked: str
) -> None:
    for path in ("/api/baskets", f"/api/baskets/{rows['full']['id']}"):
        answer = system.ask("ann", "GET", path, query={"expand": asked})
        assert answer["status"] == 422
        assert [error["field"] for error in answer["body"]["errors"]] == ["expand"]
        assert (
            "holder, holder.friend, things, things.related, things.related.maker, before"
            in str(answer["body"])
        )
    answer = system.ask(
        "ann",
        "GET",
        f"/api/baskets/{rows['full']['id']}",
        query={"no-such": "1", "expand": "things"},
    )
    assert answer["status"] == 422
    answer = system.ask("ann", "GET", "/api/makers", query={"expand": "maker"})
    assert answer["status"] in (403, 422)


def test_the_tag_covers_what_came_along_and_holds_the_row_when_it_is_written(
    system: System, rows: dict[str, Row]
) -> None:
    path, asked = f"/api/baskets/{rows['full']['id']}", {"expand": "before"}
    plain = system.ask("ann", "GET", path)["etag"]
    seen = system.ask("ann", "GET", path, query=asked)["etag"]
    assert re.fullmatch(r'"1-[0-9a-f]{32}"', seen) and plain == '"1"'
    assert (
        system.ask("ann", "GET", path, query=asked, headers={"If-None-Match": seen})[
            "status"
        ]
        == 304
    )
    assert (
        system.ask("ann", "GET", path, query=asked, headers={"If-None-Match": plain})[
            "status"
        ]
        == 200
    )
    assert (
        system.ask("bob", "PATCH", f"/api/baskets/{rows['empty']['id']}", {})["status"]
        == 200
    )
    answer = system.ask(
        "ann", "GET", path, query=asked, headers={"If-None-Match": seen}
    )
    assert answer["status"] == 200 and answer["etag"] != seen
    assert (
        system.ask("ann", "PATCH", path, {}, headers={"If-Match": seen})["status"]
        == 200
    )
    assert (
        system.ask("ann", "PATCH", path, {}, headers={"If-Match": seen})["status"]
        == 412
    )


def test_no_more_comes_along_than_one_answer_can_have(
    system: System, rows: dict[str, Row]
) -> None:
    """Rows that would be too many bytes are a 422, not a part of them, in which one
    would be missing.
    """
    large = [
        system.ask(
            "ann",
            "POST",
            "/api/products",
            {"code": f"large-{n}", "body": "😀" * 80_000},
        )["body"]["id"]
        for n in range(16)
    ]
    baskets = [
        system.ask("ann", "POST", "/api/baskets", {"things": large[:count]})["body"]
        for count in (16, 4, 10, 8)
    ]
    assert (
        len(
            read(system, "ann", f"/api/baskets/{baskets[1]['id']}", "things")[
                "expanded"
            ]["things"]
        )
        == 4
    )
    for path, query in (
        (f"/api/baskets/{baskets[0]['id']}", {}),
        ("/api/baskets", {"limit": 2}),
    ):
        answer = system.ask("ann", "GET", path, query={**query, "expand": "things"})
        assert answer["status"] == 422 and "more than 4500000 bytes" in str(
            answer["body"]["errors"]
        )
        assert [error["field"] for error in answer["body"]["errors"]] == ["expand"]
        assert system.ask("ann", "GET", path, query=query)["status"] == 200
    assert (
        len(
            read(system, "ann", "/api/baskets", "things", limit=1)["items"][0][
                "expanded"
            ]["things"]
        )
        == 8
    )


def test_a_path_is_one_request_however_many_rows(
    system: System,
    rows: dict[str, Row],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of DynamoDB, which caches nothing; SQL, which may have some in the cache, is
    asked no more often.
    """
    for _ in range(5):
        before = system.ask("ann", "POST", "/api/baskets", {})["body"]["id"]
        system.ask(
            "ann",
            "POST",
            "/api/baskets",
            {"before": before, "things": [rows["nail"]["id"]]},
        )
    asked: list[str] = []
    database = request.node.callspec.params["system"]
    if database == "dynamodb":
        kind = import_module("along_moto.chassis.mechanism.dynamodb").Database
        call = kind.call

        async def counted(self: Any, operation: str, **arguments: Any) -> Any:
            asked.append(operation)
            return await call(self, operation, **arguments)

        monkeypatch.setattr(kind, "call", counted)
    else:

        def note(*told: Any) -> None:
            asked.append(told[2])

        event.listen(Engine, "before_cursor_execute", note)
        request.addfinalizer(
            lambda: event.remove(Engine, "before_cursor_execute", note)
        )
    plain = system.ask("ann", "GET", "/api/baskets", query={"limit": 10})
    few = len(asked)
    along = system.ask(
        "ann",
        "GET",
        "/api/baskets",
        query={"limit": 10, "expand": "before,things.related"},
    )
    assert len(along["body"]["items"]) == len(plain["body"]["items"]) == 10
    more = len(asked) - few - few
    # nothing is related to a nail
    assert more == 2 if database == "dynamodb" else more <= 3
    assert database != "dynamodb" or asked[-2:] == ["batch_get_item"] * 2
