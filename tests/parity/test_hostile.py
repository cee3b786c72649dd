"""A hostile client and a careless one, who ask every system what nobody should: no
answer is a fault, and none tells what is not theirs.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from tests.parity.systems import (
    ABSENT,
    KEY_VALUE,
    SERVERS,
    System,
    on_sql,
    running,
    write_project,
)
from tests.support.samples import samples

DOMAIN: dict[str, Any] = {
    "modules": {
        "shop": {
            "enums": {"tone": {"values": ["low", "high", "x-1"]}},
            "entities": {
                "person": {
                    "plural": "persons",
                    "display": "name",
                    "expand": ["friends.friends.friends", "mentor.mentor"],
                    "fields": {
                        "name": {"type": "string", "required": True, "max_length": 200},
                        "friends": {
                            "type": "references",
                            "to": "shop.person",
                            "max": 20,
                            "ordered": True,
                            "listed_as": "fans",
                        },
                        "mentor": {
                            "type": "reference",
                            "to": "shop.person",
                            "on_delete": "clear",
                        },
                    },
                },
                "diary": {
                    "access": {"read": "owner", "write": "owner"},
                    "plural": "diaries",
                    "keys": ["slug", "code"],
                    "display": ["title", "slug"],
                    "fields": {
                        "title": {
                            "type": "string",
                            "required": True,
                            "max_length": 100,
                        },
                        "slug": {"type": "slug", "from": "title", "max_length": 12},
                        "code": {
                            "type": "string",
                            "unique": True,
                            "required": True,
                            "max_length": 60,
                        },
                    },
                },
                "page": {
                    "access": {"read": "public", "write": "owner"},
                    "expand": ["diary"],
                    "fields": {
                        "diary": {
                            "type": "reference",
                            "to": "shop.diary",
                            "own": True,
                            "required": True,
                            "on_delete": "cascade",
                            "listed_as": "leaves",
                        },
                        "text": {"type": "text"},
                    },
                },
                "secret": {
                    "access": {"read": "staff", "write": "staff"},
                    "fields": {"word": {"type": "string", "required": True}},
                },
                "note": {
                    "expand": ["secret", "diary"],
                    "fields": {
                        "secret": {"type": "reference", "to": "shop.secret"},
                        "diary": {
                            "type": "reference",
                            "to": "shop.diary",
                            "on_delete": "clear",
                        },
                        "text": {"type": "string"},
                    },
                },
                "profile": {
                    "access": {"read": "public", "write": "owner"},
                    "fields": {
                        "account": {
                            "type": "reference",
                            "to": "accounts.account",
                            "set_by": "caller",
                            "unique": True,
                            "required": True,
                        },
                        "rank": {
                            "type": "reference",
                            "to": "accounts.account",
                            "set_by": "staff",
                        },
                        "nick": {"type": "string"},
                    },
                },
                "sample": {
                    "lists": [
                        ["num"],
                        ["when"],
                        ["took"],
                        ["day"],
                        ["at"],
                        ["amount"],
                        ["count"],
                        ["tone", "-num"],
                    ],
                    "computed": {
                        "half": {"type": "number", "from": "num * num / 2"},
                        "prod": {"type": "integer", "from": "count * count * count"},
                        "span": {"type": "duration", "from": "when - at"},
                        "cents": {
                            "type": "decimal",
                            "from": "amount * amount * amount",
                        },
                    },
                    "fields": {
                        "num": {"type": "number"},
                        "when": {"type": "datetime"},
                        "took": {"type": "duration"},
                        "day": {"type": "date"},
                        "at": {"type": "zoned_datetime"},
                        "amount": {"type": "decimal"},
                        "count": {"type": "integer"},
                        "label": {
                            "type": "string",
                            "max_length": 60,
                            "pattern": "[a-zé]+-?[0-9]{0,3}",
                        },
                        "tone": {"type": "enum", "enum": "tone"},
                        "mail": {"type": "email", "unique": True},
                        "link": {"type": "url", "max_length": 100, "unique": True},
                        "any": {"type": "json"},
                        "words": {
                            "type": "list",
                            "of": "string",
                            "max_length": 5,
                            "max_items": 3,
                        },
                        "nums": {"type": "list", "of": "number"},
                        "spot": {
                            "type": "object",
                            "fields": {"x": {"type": "number", "required": True}},
                        },
                    },
                },
            },
        },
        "blog": {
            "reacts_to": ["shop.person.deleted"],
            "entities": {
                "post": {
                    "access": {"read": "public", "write": "owner"},
                    "expand": ["diary", "main"],
                    "fields": {
                        "diary": {"type": "reference", "to": "shop.diary"},
                        "main": {
                            "type": "reference",
                            "to": "shop.person",
                            "indexed": True,
                        },
                        "title": {"type": "string"},
                    },
                }
            },
        },
    }
}
LONG = "9" * 5000
VALUES: dict[str, list[str]] = {  # as they stand in a body
    "num": ["NaN", "-Infinity", "1e400", LONG, "-0.0", "5e-324", "1.7976931348623157e308", "true", "9007199254740993", "1" * 30],
    "count": ["NaN", "1e400", LONG, "9223372036854775808", "9223372036854775807", "-9223372036854775808", "3.5", "1e3", "-0.0", "true"],
    "amount": ["NaN", '"sNaN"', '"Infinity"', '"1e400"', '"1_000"', '"-0.00"', '"0.001"', "9999999999999999.99", '"9999999999999999.99"',
               "0e999999999", '"0E+99"', LONG, f'"{LONG}"'],
    "when": ['"2024-06-30T23:59:60Z"', '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"', '"2024-01-01T24:00:00Z"', "0", "1e400",
             '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999999Z"', '"\\uff12024-01-01T00:00:00Z"'],
    "at": ['"0001-01-01T00:00:00+00:01"', '"0001-01-01T00:00:00-23:59"', '"9999-12-31T23:59:59.999999+23:59"', '"9999-12-31T23:59:59-00:01"',
           '"2024-01-01T00:00:00-00:00"', '"2024-06-30T23:59:60+02:00"'],
    "took": ['"P9999999D"', '"-P9999999DT999999H9999999M999999999.999999S"', '"-PT0S"', '"P1Y"', '"PT"', '"P10000000D"', '"PT1,5S"', "5"],
    "day": ['"0000-01-01"', '"0001-01-01"', '"9999-12-31"', '"2024-02-30"', '"٢٠٢٤-01-01"', "0"],
    "label": ['"\\u0000"', '"\\ud800"', '"a\\n"', '"é-123"', f'"{"a" * 900_000}"'],
    "tone": ['"LOW"', "0", '["low"]'],
    "mail": ['"a@b.c\\n"', '"\\u0000@b"', f'"{"a" * 64}@{"b." * 90}c"', '"Ann@EXAMPLE.com"', '"ann@b.c,d@e.f"'],
    "link": ['"javascript:alert(1)"', '"http://a/\\n"', '"HTTP://EXAMPLE.com/A"', '"http://h:99999/"', '"http://h/%00"', '"http://u:p@h/"'],
    "any": ["NaN", '{"a": 1e400}', '"\\ud800"', "[" * 40 + "]" * 40, "[" * 20_000 + "]" * 20_000, LONG, '{"\\u0000": 1}', "-0.0"],
    "words": ['["\\u0000"]', "[null]", '["a","b","c","d"]', '"abc"', '[["a"]]'],
    "nums": ["[NaN]", "[1e400]", "[-0.0]", f"[{','.join(['1'] * 100_000)}]"],
    "spot": ['{"x": NaN}', '{"x": 1, "q": 1}', '{"x": 1, "x": 2}', "[]"],
}  # fmt: skip
BODIES = [b"", b"null", b"[]", b"{", b"{}x", b"\xff\xfe", b'{"' + b"k" * 100_000 + b'":1}', b'{"detail": 1}', b'{"self": 1}', b'{"version": 7}',
          b'{"owner_id": null}', b'{"prod": 1}']  # fmt: skip
QUERIES = ["limit=1&limit=2", "limit=1e1", "limit=%C2%B2", "after=&after=", "sort=", "sort=-num,num", "sort=--num", "detail=1", "self=1", "__class__=x",
           "errors=1", "SEVERAL=1", "model_config=1", "of=1", "=1", "tone[]=low", "a=%ff", "%ff=1", "tone=%00", "&".join(f"x{n}=1" for n in range(500)),
           "num=NaN&sort=num", "page=1", "expand=", "search=x", "tone=low&sort=-num&tone=high", "limit=" + LONG]  # fmt: skip
PLACES: list[Any] = [None, float("nan"), float("inf"), 10**30, LONG, -(10**30), "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "P99999999999D", True, [], {},
                     "", "\0", "a" * 5000, "2024-01-01", 0, -0.0, "1E+5000", "sNaN"]  # fmt: skip
SORTS = ("num", "when", "took", "day", "at", "amount", "count")


@pytest.fixture(
    scope="module",
    params=[
        *samples(
            ["monolith", "microservices", "serverless"], ["monolith", "serverless"]
        ),
        *SERVERS,
    ],
)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("hostile")
    name = f"hostile-{request.param}"
    if request.param == "serverless":
        with running(
            write_project(folder, name, "serverless", {**DOMAIN, **KEY_VALUE})
        ) as made:
            yield made
    elif request.param == "postgresql":
        with on_sql(request, folder, "hostile", DOMAIN) as made:
            yield made
    else:
        project = write_project(folder, name, request.param, DOMAIN)
        with running(
            project, database_url=f"sqlite+aiosqlite:///{folder}/data"
        ) as made:
            yield made


def test_no_value_is_a_fault_and_what_is_taken_is_read_as_it_was_answered(
    system: System,
) -> None:
    row = system.make("ann", "samples")["id"]
    sent = [
        f'{{"{field}": {value}}}'.encode()
        for field, values in VALUES.items()
        for value in values
    ]
    for body in [*sent, *BODIES]:
        for method, path in (
            ("POST", "/api/samples"),
            ("PATCH", f"/api/samples/{row}"),
        ):
            answer = system.ask(
                "ann", method, path, body, {"Content-Type": "application/json"}
            )
            assert answer["status"] in (200, 201, 409, 422), (body[:80], answer)
            if answer["status"] < 300:
                at = f"/api/samples/{answer['body']['id']}"
                assert system.ask("ann", "GET", at)["body"] == answer["body"], body[:80]
                listed = system.ask("ann", "GET", "/api/samples", query={"limit": 1})
                assert listed["status"] == 200, (body[:80], listed)


def test_no_query_and_no_cursor_is_a_fault(system: System) -> None:
    for number in range(3):
        day = f"2024-01-0{number + 1}"
        times = {
            "when": f"{day}T00:00:00Z",
            "at": f"{day}T00:00:00+02:00",
            "day": day,
            "took": f"PT{number}S",
        }
        system.make(
            "ann",
            "samples",
            num=number / 3,
            count=number,
            amount=f"{number}.5",
            tone="low",
            **times,
        )
    for query in QUERIES:
        answer = system.ask("ann", "GET", f"/api/samples?{query}")
        assert answer["status"] == 422, (query[:80], answer)
    for sort in (None, *SORTS):
        order = {"limit": 2} | ({"sort": sort} if sort else {})
        cursor = system.ask("ann", "GET", "/api/samples", query=order)["body"]["next"]
        tokens = [
            cursor[:-1],
            f"{cursor}A",
            cursor[::-1],
            f"{cursor}.{cursor}",
            ".",
            "é",
            "=",
            "%00",
            cursor * 9,
        ]
        tokens += [
            packed(json.dumps([place, who]))
            for place in PLACES
            for who in (ABSENT, 5, None)
        ]
        tokens += [
            packed(text)
            for text in (
                "[" * 1000,
                "{}",
                "[1]",
                '["\\ud800","x"]',
                f'["\\ud800","{ABSENT}"]',
            )
        ]
        for token in tokens:
            answer = system.ask(
                "ann", "GET", "/api/samples", query={**order, "after": token}
            )
            assert answer["status"] in (200, 422), (sort, token[:80], answer)


def packed(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_what_is_another_owners_is_as_if_it_were_not_there(system: System) -> None:
    """By its id, with any version, by its keys, as what is referred to, as what comes
    along, and by the path of its list.
    """
    diary = system.make("ann", "diaries", title="Private", code="ann-1")
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        for headers in ({}, {"If-Match": '"1"'}, {"If-Match": '"99"'}):
            theirs, none = (
                system.ask("bob", method, f"/api/diaries/{at}", body, headers)
                for at in (diary["id"], ABSENT)
            )
            assert theirs == none and theirs["status"] == 404
    for path in (
        f"/api/diaries/{diary['id']}/leaves",
        "/api/diaries/by-slug/private",
        "/api/diaries/by-code/ann-1",
    ):
        assert (
            system.ask("bob", "GET", path)["status"],
            system.ask("ann", "GET", path)["status"],
        ) == (404, 200)
    for plural in ("notes", "pages"):
        theirs, none = (
            system.ask("bob", "POST", f"/api/{plural}", {"diary": at})
            for at in (diary["id"], ABSENT)
        )
        assert theirs == none and theirs["status"] == 422
    page = system.make("ann", "pages", diary=diary["id"])
    for who, along in (
        ("nobody", None),
        ("bob", None),
        ("ann", {"id": diary["id"], "title": "Private", "slug": "private"}),
    ):
        for path in (f"/api/pages/{page['id']}", "/api/pages"):
            answer = system.ask(who, "GET", path, query={"expand": "diary"})["body"]
            [row] = answer.get("items", [answer])
            assert row["expanded"] == {"diary": along}
    post = system.make("ann", "posts", diary=diary["id"])
    found = system.ask(
        "bob", "GET", f"/api/posts/{post['id']}", query={"expand": "diary,main"}
    )["body"]
    assert (found["diary"], found["expanded"]) == (
        diary["id"],
        {"diary": None, "main": None},
    )


@pytest.mark.parametrize(
    "code",
    [
        "a?b",
        "a#b",
        "50%",
        "a b",
        "a+b",
        "é",
        "a;b",
        "a\\b",
        "a&b=c",
        "a\tb",
        "a:b",
        "'",
    ],
)
def test_a_key_is_found_whatever_stands_in_it(system: System, code: str) -> None:
    """And no other: `a?b` was the row `a` to the functions' local gateway."""
    made = system.make("bob", "diaries", title=code, code=code)
    found = system.ask("bob", "GET", f"/api/diaries/by-code/{quote(code, safe='')}")
    assert (found["status"], found["body"].get("id")) == (200, made["id"])
    assert (
        system.ask("bob", "GET", f"/api/diaries/by-code/{quote(f'{code}!', safe='')}")[
            "status"
        ]
        == 404
    )


def test_no_row_is_written_in_anothers_name(system: System) -> None:
    ann = "@ann"
    for said in ({"account": ann}, {"owner_id": ann}, {"id": ABSENT}, {"rank": ann}):
        assert system.ask("bob", "POST", "/api/profiles", said)["status"] == 422
    profile = system.make("bob", "profiles", nick="bob")
    where = f"/api/profiles/{profile['id']}"
    assert profile["account"] == "bob"
    ranked = system.ask("staff", "PATCH", where, {"rank": ann})["body"]
    assert (ranked["account"], ranked["rank"]) == ("bob", "ann")
    assert (
        system.ask("bob", "PATCH", where, {"rank": ann, "nick": "b"})["status"] == 200
    )
    refused: tuple[dict[str, str | None], ...] = (
        {"rank": None},
        {"account": ann},
        {"account": None},
    )
    for change in refused:
        assert system.ask("bob", "PATCH", where, change)["status"] == 422


def test_a_reference_is_sent_back_as_it_is_whoever_may_see_what_it_is_to(
    system: System,
) -> None:
    """Clients that read a row and send all of it back are told nothing of a diary that
    they may not see.
    """
    diary = system.make("ann", "diaries", title="Private too", code="ann-2")
    secret = system.make("staff", "secrets", word="xyzzy")
    note = system.make("staff", "notes", secret=secret["id"], diary=diary["id"])
    where = f"/api/notes/{note['id']}"
    hidden = system.ask("bob", "GET", where, query={"expand": "secret,diary"})["body"]
    assert hidden["expanded"] == {"secret": None, "diary": None}
    sent = {name: hidden[name] for name in ("secret", "diary")}
    assert (
        system.ask("bob", "PATCH", where, {**sent, "text": "mine now"})["body"]["text"]
        == "mine now"
    )
    assert system.ask("bob", "PATCH", where, {"diary": None})["status"] == 200
    assert system.ask("bob", "PATCH", where, {"diary": diary["id"]})["status"] == 422
    post = system.make("ann", "posts", diary=diary["id"])
    assert system.ask("ann", "DELETE", f"/api/diaries/{diary['id']}")["status"] == 204
    again = system.ask(
        "ann",
        "PATCH",
        f"/api/posts/{post['id']}",
        {"diary": diary["id"], "title": "kept"},
    )
    assert (again["status"], again["body"].get("diary")) == (200, diary["id"]), again


def test_what_comes_along_is_bounded_however_often_it_does(system: System) -> None:
    """Twenty people who are all friends, three steps far: eight thousand names for
    each.
    """
    people = [system.make("ann", "persons", name="n" * 200)["id"] for _ in range(20)]
    for one in people:
        assert (
            system.ask("ann", "PATCH", f"/api/persons/{one}", {"friends": people})[
                "status"
            ]
            == 200
        )
    for path, asked in (
        (people[0], ".friends"),
        (people[0], ".friends.friends"),
        ("", ".friends"),
        ("", ".friends.friends"),
    ):
        answer = system.ask(
            "ann",
            "GET",
            f"/api/persons/{path}".rstrip("/"),
            query={"expand": f"friends{asked}", "limit": 100}
            if not path
            else {"expand": f"friends{asked}"},
        )
        assert (answer["status"], system.size > 1_000) in ((200, True), (422, False)), (
            answer
        )
        assert system.size < 4_600_000
    assert answer["status"] == 422 and "ask for less" in json.dumps(answer["body"])
    for asked in (
        "",
        ",",
        "friends,",
        "friends..friends",
        "*",
        "Friends",
        "id",
        "__class__",
        "friends" + ".friends" * 3,
        "friends." * 300,
    ):
        assert (
            system.ask("ann", "GET", "/api/persons", query={"expand": asked})["status"]
            == 422
        )


def test_rows_that_refer_to_themselves_and_in_circles_come_and_go(
    system: System,
) -> None:
    one, two = (
        system.make("ann", "persons", name=name)["id"] for name in ("one", "two")
    )
    for person, mentor in ((one, two), (two, one)):
        said = {"mentor": mentor, "friends": [person]}
        assert (
            system.ask("ann", "PATCH", f"/api/persons/{person}", said)["status"] == 200
        )
    found = system.ask(
        "ann", "GET", f"/api/persons/{one}", query={"expand": "mentor.mentor"}
    )["body"]
    assert found["expanded"]["mentor"]["expanded"]["mentor"]["id"] == one
    assert system.ask("ann", "DELETE", f"/api/persons/{two}")["status"] == 204
    assert system.ask("ann", "GET", f"/api/persons/{one}")["body"]["mentor"] is None
    for said in (
        {"friends": [one, one]},
        {"friends": [ABSENT]},
        {"friends": None},
        {"friends": [two]},
        {"mentor": two},
    ):
        assert (
            system.ask("ann", "PATCH", f"/api/persons/{one}", said)["status"] == 422
        ), said
    assert system.ask("ann", "DELETE", f"/api/persons/{one}")["status"] == 204


def test_what_happens_at_once_ends_as_if_it_had_been_one_after_the_other(
    system: System,
) -> None:
    people = [
        system.make("ann", "persons", name=f"p{number}")["id"] for number in range(8)
    ]
    where = f"/api/persons/{people[0]}"

    def at_once(*calls: tuple[Any, ...]) -> list[int]:
        with ThreadPoolExecutor(len(calls)) as pool:
            return sorted(
                answer["status"]
                for answer in pool.map(lambda call: system.ask(*call), calls)
            )

    turned = [[people[(start + step) % 8] for step in range(6)] for start in range(8)]
    assert {
        *at_once(*(("ann", "PATCH", where, {"friends": friends}) for friends in turned))
    } <= {200, 503}
    friends = system.ask("ann", "GET", where)["body"]["friends"]
    assert friends in turned
    for person in people:
        fans = system.ask("ann", "GET", f"/api/persons/{person}/fans")["body"]["items"]
        assert [fan["id"] for fan in fans] == [people[0]] * (person in friends)
    seen = {"If-Match": system.ask("ann", "GET", where)["etag"]}
    assert (
        at_once(*(("ann", "PATCH", where, {"name": str(n)}, seen) for n in range(6)))
        == [200] + [412] * 5
    )
    same = [
        ("ann", "POST", "/api/samples", {"mail": "same@example.com"}) for _ in range(6)
    ]
    assert at_once(*same) == [201] + [409] * 5
    slugs = [
        ("ann", "POST", "/api/diaries", {"title": "Same words", "code": f"same-{n}"})
        for n in range(8)
    ]
    assert {*at_once(*slugs)} <= {201, 503}  # of a machine that is busy
    listed = system.ask("ann", "GET", "/api/diaries", query={"limit": 100})["body"][
        "items"
    ]
    made = [row["slug"] for row in listed if row["title"] == "Same words"]
    assert len(made) == len({*made}) > 1
    other = system.make("ann", "persons", name="goes")["id"]
    codes = at_once(
        ("ann", "PATCH", where, {"friends": [other]}),
        ("ann", "DELETE", f"/api/persons/{other}"),
    )
    left = system.ask("ann", "GET", where)["body"]["friends"]
    gone = system.ask("ann", "GET", f"/api/persons/{other}")["status"] == 404
    assert {*codes} <= {200, 204, 409, 422} and gone == (left != [other])
