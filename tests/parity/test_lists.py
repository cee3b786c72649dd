"""Lists as SQL serves them, held against a model in plain Python: pages by cursor and
by number, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from random import Random
from typing import Any

import pytest
from pydantic import TypeAdapter
from tests.parity.everything import LISTS, TARGETS, VALUES
from tests.parity.systems import SERVERS, SQL_DOMAIN, System, on_sql

EACH = 60  # requests that make a row
KEYS: dict[str, Callable[[Any], Any]] = {
    "price": Decimal,
    "due": datetime.fromisoformat,
    "there": lambda text: (
        datetime.fromisoformat(text),
        datetime.fromisoformat(text).isoformat()[-6:],
    ),
    "took": TypeAdapter(timedelta).validate_python,
}
LINKS = ("marks", "others")  # fields that refer to several
Row = dict[str, Any]


@dataclass
class Lab:
    """A running system, and what was put into it: for each plural its rows as they were
    answered, the oldest first.
    """

    system: System
    package: str
    rows: dict[str, list[Row]]
    owner: dict[str, str]  # of notes, by id

    def visible(self, plural: str, who: str) -> list[Row]:
        rows = self.rows[plural]
        return [
            row
            for row in rows
            if plural != "notes" or who == "staff" or self.owner[row["id"]] == who
        ]


@pytest.fixture(scope="module", params=["sqlite", *SERVERS])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with on_sql(
        request, tmp_path_factory.mktemp("lists"), "lists", SQL_DOMAIN
    ) as system:
        yield filled(system, f"lists-{request.param}")


def filled(system: System, name: str) -> Lab:
    drawn = Random(13)
    lab = Lab(system, name.replace("-", "_"), {plural: [] for plural in VALUES}, {})
    for plural in ["categories"] * 3 + ["things"] * EACH + ["notes"] * EACH:
        body: Row = {}
        for field, values in VALUES[plural].items():
            known = (
                [row["id"] for row in lab.rows[TARGETS[field]]]
                if values in (["ref"], ["refs"])
                else values
            )
            if values == ["refs"]:
                body[field] = drawn.sample(
                    known[-4:], drawn.randint(0, min(3, len(known)))
                )
                continue
            if (
                field not in ("code", "label")
                and known
                and (
                    field in ("title", "topic", "thing", "name") or drawn.random() < 0.8
                )
            ):
                body[field] = drawn.choice(known[-4:] if values == ["ref"] else known)
        who = drawn.choice(["ann", "bob"])
        answer = system.ask(who, "POST", f"/api/{plural}", body)
        if answer["status"] == 201:
            lab.rows[plural].append(answer["body"])
            lab.owner[answer["body"]["id"]] = who
    return lab


def listed(lab: Lab, plural: str, who: str, filters: Row, sort: str) -> list[str]:
    """The ids that a list is to have, in its order."""
    rows = [
        row
        for row in lab.visible(plural, who)
        if all(fits(row, *one) for one in filters.items())
    ]
    place = {row["id"]: at for at, row in enumerate(lab.rows[plural])}
    words = sort.split(",") if sort else []
    # what sorts first is sorted by last; rows that are alike go by their age, as the
    # last of the order does
    for word in [
        ("-id" if words[-1].startswith("-") else "id") if words else "-id",
        *reversed(words),
    ]:
        field = word.removeprefix("-")
        if field in ("id", "created_at"):
            rows.sort(key=lambda row: place[row["id"]], reverse=word.startswith("-"))
        else:
            rows = [row for row in rows if row[field] is not None]
            keys = {row["id"]: compared(field, row[field]) for row in rows}
            rows.sort(key=lambda row: keys[row["id"]], reverse=word.startswith("-"))
    return [row["id"] for row in rows]


def compared(field: str, value: Any) -> Any:
    return KEYS[field](value) if field in KEYS else value


def fits(row: Row, name: str, value: Any) -> bool:
    """Whether a row is among those that this parameter leaves."""
    field = name.removesuffix("_from").removesuffix("_to")
    if row[field] is None:
        return False
    if field in LINKS:
        return bool({*row[field]} & ({*value} if isinstance(value, list) else {value}))
    mine = compared(field, row[field])
    if name.endswith("_from"):
        return bool(mine >= compared(field, value))
    if name.endswith("_to"):
        return bool(mine < compared(field, value))
    return mine in [
        compared(field, one) for one in (value if isinstance(value, list) else [value])
    ]


def walked(lab: Lab, plural: str, who: str, query: Row) -> list[str]:
    """The ids of all pages, by the cursors."""
    found, cursor, first = [], None, True
    while first or cursor:
        page, cursor = lab.system.page(who, f"/api/{plural}", query, cursor)
        assert page["status"] == 200, page
        assert set(page["body"]) == {"items", "next"}
        found += [row["id"] for row in page["body"]["items"]]
        first = False
    return found


@pytest.mark.parametrize(
    ("plural", "names", "sort"), [one for one in LISTS if one[0] in ("things", "notes")]
)
def test_every_list_has_the_rows_of_the_model_by_cursor_and_by_number(
    lab: Lab, plural: str, names: list[str], sort: str
) -> None:
    """Each row once, in order, whichever way the pages are asked for; and never another
    owner's.
    """
    drawn = Random(f"{plural}{names}{sort}")
    who, size = drawn.choice(["ann", "bob", "staff"]), drawn.randint(2, 9)
    known = [
        row
        for row in lab.rows[plural]
        if all(row[name] not in (None, []) for name in names)
    ]
    some = drawn.choice(known)
    filters = {name: some[name][0] if name in LINKS else some[name] for name in names}
    expected = listed(lab, plural, who, filters, sort)
    query = filters | ({"sort": sort} if sort else {})
    assert walked(lab, plural, who, {**query, "limit": size}) == expected
    for number in range(1, len(expected) // size + 3):
        page, cursor = lab.system.page(
            who, f"/api/{plural}", {**query, "page": number, "size": size}, None
        )
        assert page["status"] == 200, page
        body = page["body"]
        assert [row["id"] for row in body["items"]] == expected[
            (number - 1) * size : number * size
        ]
        assert (body["page"], body["size"], body["total"], body["exact"]) == (
            number,
            size,
            len(expected),
            True,
        )
        assert (cursor is not None) == (number * size < len(expected))
        if cursor:
            on, _ = lab.system.page(
                who, f"/api/{plural}", {**query, "limit": size}, cursor
            )
            assert [row["id"] for row in on["body"]["items"]] == expected[
                number * size : (number + 1) * size
            ]


RANGED = {"things": ["weight", "mass", "price", "born", "due"], "notes": ["stars"]}
EXACT = {
    "things": ["title", "ready", "kind", "category", "marks"],
    "notes": ["topic", "thing", "others"],
}
SORTS = {
    "things": ["title", "weight", "mass", "price", "born", "due"],
    "notes": ["stars", "topic", "created_at"],
}


@pytest.mark.parametrize("number", range(60))
def test_filters_combine_in_any_order_of_several(lab: Lab, number: int) -> None:
    """Any of the filters together, of one value, of several and of ranges, in any
    order, page by page.
    """
    drawn = Random(number)
    plural = drawn.choice(["things", "things", "notes"])
    who, size = drawn.choice(["ann", "bob", "staff"]), drawn.randint(1, 5)
    filters: Row = {}
    for name in drawn.sample(EXACT[plural] + RANGED[plural], drawn.randint(0, 3)):
        held = [row[name] if name in LINKS else [row[name]] for row in lab.rows[plural]]
        values = sorted({*chain(*held)} - {None}, key=str)
        if name in RANGED[plural] and drawn.random() < 0.7:
            ends = drawn.sample(["_from", "_to"], drawn.randint(1, 2))
            filters |= {name + end: drawn.choice(values) for end in ends}
        else:
            filters[name] = drawn.sample(values, min(len(values), drawn.randint(1, 3)))
    signed = [
        drawn.choice(["", "-"]) + name
        for name in drawn.sample(SORTS[plural], drawn.randint(0, 3))
    ]
    query = filters | ({"sort": ",".join(signed)} if signed else {})
    expected = listed(lab, plural, who, filters, ",".join(signed))
    assert walked(lab, plural, who, {**query, "limit": size}) == expected
    numbered = drawn.randint(1, len(expected) // size + 1)
    page = lab.system.ask(
        who, "GET", f"/api/{plural}", query={**query, "page": numbered, "size": size}
    )
    assert page["status"] == 200, page
    found = [row["id"] for row in page["body"]["items"]]
    assert (found, page["body"]["total"]) == (
        expected[(numbered - 1) * size : numbered * size],
        len(expected),
    )


@pytest.mark.parametrize(
    "sort", ["nonsense", "title,title", "title,born,due,weight", "-", "title,", "story"]
)
def test_an_order_that_is_not_offered_is_refused(lab: Lab, sort: str) -> None:
    answer = lab.system.ask("ann", "GET", "/api/things", query={"sort": sort})
    assert answer["status"] == 422 and [
        error["field"] for error in answer["body"]["errors"]
    ] == ["sort"]
    assert "sort by title, weight" in answer["body"]["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {"story": "x"},
        {"title_from": "a"},
        {"kind": ["red"] * 21},
        {"weight_from": "x"},
        {"price_to": "1.234"},
    ],
)
def test_a_filter_that_is_not_offered_is_refused(lab: Lab, query: Row) -> None:
    answer = lab.system.ask("ann", "GET", "/api/things", query=query)
    assert answer["status"] == 422 and {
        error["field"].partition(".")[0] for error in answer["body"]["errors"]
    } == {*query}


def test_a_cursor_of_another_order_is_refused(lab: Lab) -> None:
    _, cursor = lab.system.page(
        "ann", "/api/things", {"sort": "title,-born", "limit": 1}, None
    )
    for query in ({"sort": "title"}, {}, {"sort": "-born,title"}):
        answer, _ = lab.system.page("ann", "/api/things", query, cursor)
        assert (
            answer["status"] == 422 and answer["body"]["errors"][0]["field"] == "after"
        )


def test_a_total_is_counted_up_to_a_bound_and_marked_beyond(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("sql_numbered_pages", "numbered_lists"):
        monkeypatch.setattr(
            importlib.import_module(f"{lab.package}.chassis.mechanism.{file}"),
            "EXACT_MOST",
            10,
        )
    ask = lab.system.ask
    many = ask("ann", "GET", "/api/things", query={"page": 2, "size": 5})["body"]
    assert (many["total"], many["exact"], len(many["items"])) == (10, False, 5)
    assert many["next"] is not None
    deep = ask("ann", "GET", "/api/things", query={"page": 3, "size": 5})
    assert deep["status"] == 422 and deep["body"]["errors"][0]["field"] == "page"
    assert "go on by `next`" in deep["body"]["detail"]
    titles = Counter(row["title"] for row in lab.rows["things"])
    title = min(titles, key=lambda title: titles[title])
    few = ask(
        "ann", "GET", "/api/things", query={"title": title, "page": 1, "size": 1}
    )["body"]
    assert (few["total"], few["exact"]) == (
        len(listed(lab, "things", "ann", {"title": title}, "")),
        True,
    )


def test_a_page_of_a_number_that_is_too_large_for_an_answer_says_which_size_will_do(
    lab: Lab,
) -> None:
    """A shorter page would leave rows out that no other page by number has."""
    made = [
        lab.system.ask(
            "staff", "POST", "/api/things", {"title": "wide", "extra": "x" * 900_000}
        )["body"]["id"]
        for _ in range(6)
    ]
    try:
        wide = lab.system.ask(
            "staff", "GET", "/api/things", query={"title": "wide", "page": 1, "size": 6}
        )
        assert wide["status"] == 422
        (told,) = wide["body"]["errors"]
        fits = re.fullmatch("take ([1-5]) or fewer, or go by `after`", told["message"])
        assert told["field"] == "size" and fits
        size = int(fits[1])
        pages = [
            lab.system.ask(
                "staff",
                "GET",
                "/api/things",
                query={"title": "wide", "page": page + 1, "size": size},
            )["body"]
            for page in range(-(-6 // size))
        ]
        assert [row["id"] for page in pages for row in page["items"]] == list(
            reversed(made)
        )
    finally:
        assert {
            lab.system.ask("staff", "DELETE", f"/api/things/{row}")["status"]
            for row in made
        } == {204}
