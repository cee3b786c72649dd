"""The same operations give the same results on every database: drawn by a state machine, asked over HTTP."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test
from tests.conftest import missing
from tests.parity.systems import ABSENT, DOMAIN, KEY_VALUE, System, running, write_project

VALUES: dict[str, dict[str, list[Any]]] = {
    "categories": {"name": ["a", "b", "A", "é", "😀", "x" * 40], "parent": ["ref"], "slug": ["a", "b-2", "x" * 30]},
    "things": {
        "title": ["a", "ab", "b", "B", "a b", "é", "z", "\uffff", "😀", "a\u0001", "😀" * 80],
        "story": ["", "once upon a time", "ü" * 1000],
        "badge": ["AB-1", "ZZ-12345", "é", "é\u0001 x"],
        "label": ["ab", "😀😀", "wxyz"],
        "mail": ["ann@example.com", "Ann@EXAMPLE.com", "a@b"],
        "site": ["https://example.com", "HTTPS://EXAMPLE.com/A?b#c", "http://x:80"],
        "there": [
            "2024-05-01T12:00:00+02:00",
            "2024-05-01T10:00:00Z",
            "2024-05-01T05:00:00-05:00",
            "2024-05-01T12:30:00.5+03:00",
        ],
        "took": ["PT0S", "PT60S", "PT1M", "-PT1S", "P1DT0.000001S", "P9999999D"],
        "mass": [-1.7976931348623157e308, -2.5, -1e-300, -0.0, 0, 5e-324, 0.1, 0.30000000000000004, 3, 2**53, 1e300],
        "weight": [-(2**63), -20, -3, 0, 3, 10, 2**63 - 1],
        "price": ["0", "0.5", "9.99", 10, "9999999999999999.99"],
        "ready": [True, False],
        "born": ["0001-01-01", "1999-12-31", "2024-02-29", "9999-12-31"],
        "due": ["1970-01-01T00:00:00Z", "2024-01-01T00:00:00+02:00", "2023-12-31T22:00:00.000001Z"],
        "code": ["6c0bd0b5-8f0e-4c2b-9d6d-6a6f9b0a1c11", "00000000-0000-0000-0000-000000000000"],
        "kind": ["red", "green", "blue", "None", "x-1"],
        "extra": [{}, [], 1.5, 1e300, -(2**63), "text", {"a": [None, True, {"b": "é"}]}],
        "words": [[], ["a", "", "a"], ["é", "😀😀"]],
        "sums": [[], ["0", 10, "0.50"], ["9999999999999999.99"]],
        "often": [["2024-01-01T00:00:00+02:00", "1970-01-01T00:00:00.000001Z"], []],
        "place": [
            {"street": "a"},
            {"street": "é", "floor": -1, "rent": 1, "since": "2024-02-29", "kind": "work"},
            {"street": "", "floor": None},
            None,
        ],
        "moods": [["x-1", "red", "red"], ["None"]],
        "category": ["ref"],
        "marks": ["refs"],
    },
    "notes": {"topic": ["a", "b", "c" * 255], "stars": [1, 3, 5], "thing": ["ref"], "others": ["refs"]},
    "remarks": {"note": ["ref"], "text": ["a", "b"], "about": ["refs"]},
}
WRONG: dict[str, list[Any]] = {  # for a field, or for any field
    "name": ["x" * 41],
    "slug": ["", "A", "a--b", "x" * 31, "é"],
    "title": ["", "nul\0"],
    "weight": [2**63, "7"],
    "price": ["1.234", "-1", "NaN"],
    "badge": ["", "AB-", "xAB-1", "AB-1\n", "AB-\u0661", "é\n", "é\0", "AB-1234567"],
    "label": ["", "a", "abcde", "\0\0"],
    "mail": ["", "a@", "a b@c", "a@b\n", "é@b", "a@" + "b" * 64],
    "site": ["", "x", "ftp://x", "https://x/é", "https://x" + "/" * 60],
    "there": ["2024-05-01T12:00:00", "0001-01-01T00:00:00+01:00", "2024-05-01"],
    "took": ["P1Y", "P", "PT", "1", 60, "P10000000D"],
    "mass": ["1", True, 1.1e300, 10**400],
    "born": ["2023-02-29"],
    "due": ["2024-01-01T00:00:00"],
    "code": ["no"],
    "kind": ["grey"],
    "stars": [6],
    "words": [["a"] * 4, ["a", None], ["abcdef"], "a", ["\0"], [1]],
    "sums": [["1.234"], ["1", "-1"], ["1"] * 21],
    "often": [["2024-01-01"]],
    "moods": [["red", "grey"]],
    "place": [{}, {"street": None}, {"street": "a", "flor": 1}, {"street": "a", "rent": "1.234"}, [], "a"],
    "marks": [[ABSENT, ABSENT], ["no"], ABSENT],
    "about": [[], [ABSENT, ABSENT], ABSENT],
    "": [None, {}, [1]],
}
REQUIRED = {"categories": {"name"}, "things": {"title"}, "notes": {"topic", "thing"}, "remarks": {"about"}}
TARGETS = {
    "parent": "categories",
    "category": "categories",
    "thing": "things",
    "note": "notes",
    "marks": "categories",
    "others": "things",
    "about": "categories",
}
INDEXED = {
    "categories": [],
    "things": [
        "title",
        "site",
        "there",
        "mass",
        "weight",
        "ready",
        "born",
        "due",
        "kind",
        "category",
        "marks",
    ],
    "notes": ["topic", "thing", "others"],
    "remarks": ["about"],
}
SORTED: dict[str, list[tuple[list[str], str]]] = {
    "categories": [([], "slug")],
    "things": [
        (["kind"], "-price"),
        ([], "-weight"),
        ([], "due"),
        ([], "title"),
        (["ready"], "born"),
        (["kind"], "-mass"),
        ([], "-took"),
        ([], "there"),
    ],
    "notes": [(["topic"], "-stars"), (["topic"], "-created_at")],
    "remarks": [],
}
LISTS = [
    (plural, filters, sort)
    for plural in VALUES
    for filters, sort in [([], ""), *(([name], "") for name in INDEXED[plural]), *SORTED[plural]]
]
SIDES = {"categories": ["things", "marked"], "things": ["notes"]}  # what is listed below a row's path
UNIQUE = {"code", "label", "mail", "slug"}
EXAMPLES_EACH = 8
EXAMPLES = itertools.count()
WHO = st.sampled_from(["ann", "staff", "bob", "ann", "staff", "nobody"])


class Twins(RuleBasedStateMachine):
    """Both systems are asked the same, and have to answer the same."""

    rows = Bundle("rows")  # (plural, name), deleted ones among them
    cursors = Bundle("cursors")

    def __init__(self, systems: tuple[System, System]) -> None:
        super().__init__()
        self.systems = systems
        self.example = next(EXAMPLES)
        self.made: list[tuple[str, str]] = []

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        first, second = (system.ask(who, method, path, body, named) for system in self.systems)
        assert first == second, f"{who} {method} {path} {body} {headers}"
        return first

    def value(self, data: st.DataObject, plural: str, name: str, *, wrong: bool = True) -> Any:
        values = VALUES[plural][name]
        if name not in TARGETS:
            return data.draw(st.sampled_from(values))
        known = [row for kind, row in self.made if kind == TARGETS[name]][-4:]
        targets = [*known * 3, ABSENT] if wrong else known
        if values == ["refs"]:  # now and then one too many, or one twice
            least = 0 if wrong or name not in REQUIRED[plural] or not targets else 1
            return data.draw(
                st.lists(st.sampled_from(targets), min_size=least, max_size=4 if wrong else 2, unique=True)
            )
        return data.draw(st.sampled_from(targets if wrong else [*targets, None]))

    def body(self, data: st.DataObject, plural: str, *, partial: bool = False, wrong: bool = True) -> dict[str, Any]:
        """Some fields that fit, and now and then one that does not; not `wrong`: all fields."""
        wanted = data.draw(st.sets(st.sampled_from(sorted(VALUES[plural])), min_size=1))
        if not partial:
            wanted |= REQUIRED[plural]
        if not wrong:
            wanted = set(VALUES[plural]) - UNIQUE
        found = {name: self.value(data, plural, name, wrong=wrong) for name in sorted(wanted)}
        if wrong and data.draw(st.integers(0, 7)) == 7:
            name = data.draw(st.sampled_from(sorted(wanted)))
            found[name] = data.draw(st.sampled_from([*WRONG.get(name, []), *WRONG[""]]))
        return found

    @initialize(target=rows, data=st.data())
    def begin(self, data: st.DataObject) -> Any:
        plurals = ["categories", "categories", *["things"] * 8, *["notes"] * 4, "remarks", "remarks"]
        return multiple(*filter(None, (self.add(data, plural, "ann", "", wrong=False) for plural in plurals)))

    @rule(
        target=rows,
        data=st.data(),
        plural=st.sampled_from(["categories", "things", "things", "things", "notes", "notes", "remarks"]),
        who=WHO,
        key=st.sampled_from(["", "", "", "k1", "k2"]),
    )
    def create(self, data: st.DataObject, plural: str, who: str, key: str) -> Any:
        return self.add(data, plural, who, key) or multiple()

    def add(
        self, data: st.DataObject, plural: str, who: str, key: str, *, wrong: bool = True
    ) -> tuple[str, str] | None:
        headers = {"idempotency_key": f"{key}-{self.example}"} if key else {}
        answer = self.ask(who, "POST", f"/api/{plural}", self.body(data, plural, wrong=wrong), **headers)
        if answer["status"] != 201:
            return None
        row = plural, str(answer["body"]["id"])
        if row not in self.made:
            self.made.append(row)
        return row

    @rule(row=rows, who=WHO, tag=st.sampled_from(["", '"1"', '"2"', "*"]))
    def read(self, row: tuple[str, str], who: str, tag: str) -> None:
        self.ask(who, "GET", "/api/{}/{}".format(*row), **({"if_none_match": tag} if tag else {}))

    @rule(name=st.sampled_from([*VALUES["categories"]["name"], "none", "a/b", "", "x" * 300]), who=WHO)
    def read_by_key(self, name: str, who: str) -> None:
        self.ask(who, "GET", f"/api/categories/by-name/{quote(name, safe='')}")

    @rule(slug=st.sampled_from(["a", "a-2", "b-2", "e", "x" * 30, "A", "grinning"]), who=WHO)
    def read_by_slug(self, slug: str, who: str) -> None:
        self.ask(who, "GET", f"/api/categories/by-slug/{slug}")

    @rule(row=rows, who=WHO, tag=st.sampled_from(["", "", '"1"', '"2"']), data=st.data())
    def change(self, row: tuple[str, str], who: str, tag: str, data: st.DataObject) -> None:
        body = self.body(data, row[0], partial=True)
        self.ask(who, "PATCH", "/api/{}/{}".format(*row), body, **({"if_match": tag} if tag else {}))

    @rule(row=rows, who=WHO, tag=st.sampled_from(["", "", '"1"']))
    def delete(self, row: tuple[str, str], who: str, tag: str) -> None:
        self.ask(who, "DELETE", "/api/{}/{}".format(*row), **({"if_match": tag} if tag else {}))

    @rule(
        target=cursors,
        data=st.data(),
        which=st.sampled_from(LISTS),
        who=WHO,
        limit=st.sampled_from([1, 2, 3, 20]),
    )
    def walk(self, data: st.DataObject, which: tuple[str, list[str], str], who: str, limit: int) -> Any:
        """All pages of a list, one by one; gives the first cursor, to be used again when things have changed."""
        plural, filters, sort = which
        query: dict[str, Any] = {"limit": limit}
        for name in filters:
            found = self.value(data, plural, name)
            query[name] = (found or [ABSENT])[0] if VALUES[plural][name] == ["refs"] else found
        if sort:
            query["sort"] = sort
        first = self.pages(who, f"/api/{plural}", query)
        return multiple() if first[0] is None else (f"/api/{plural}", query, first)

    @rule(row=rows, data=st.data(), who=WHO, limit=st.sampled_from([1, 3, 20]))
    def walk_below(self, row: tuple[str, str], data: st.DataObject, who: str, limit: int) -> None:
        """All that refers to a row, by its path."""
        if row[0] in SIDES:
            side = data.draw(st.sampled_from(SIDES[row[0]]))
            self.pages(who, "/api/{}/{}/{}".format(*row, side), {"limit": limit})

    def pages(self, who: str, path: str, query: dict[str, Any]) -> tuple[str | None, ...]:
        """All pages of a list; the cursors of the first, if it has one."""
        first = after = self.page(who, path, query, (None, None))
        while after[0] is not None:
            after = self.page(who, path, query, after)
        return first

    @rule(cursor=cursors, who=WHO)
    def resume(self, cursor: tuple[str, dict[str, Any], tuple[str, str]], who: str) -> None:
        self.page(who, *cursor)

    def page(self, who: str, path: str, query: dict[str, Any], after: Any) -> tuple[str | None, ...]:
        answers = [system.page(who, path, query, mine) for system, mine in zip(self.systems, after, strict=True)]
        assert answers[0][0] == answers[1][0], f"{who} GET {path} {query}"
        return tuple(cursor for _, cursor in answers)

    def teardown(self) -> None:
        """Everything that is there in every order, then away with it."""
        try:
            for plural, filters, sort in LISTS:
                ordered = {"sort": sort} if sort else {}
                known = [[row for kind, row in self.made if kind == TARGETS.get(name)] for name in filters]
                values = [rows[:3] or VALUES[plural][name][:3] for name, rows in zip(filters, known, strict=True)]
                for chosen in itertools.product(*values):
                    query = {"limit": 3, **ordered, **dict(zip(filters, chosen, strict=True))}
                    self.pages("staff", f"/api/{plural}", query)
        finally:
            for system in self.systems:
                for plural, name in reversed(self.made * 3):  # whatever refers to a row has to go before it
                    system.ask("staff", "DELETE", f"/api/{plural}/{name}")


def drive(first: System, second: System, examples: int) -> None:
    bounds = settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # shrinking what failed would take many minutes of requests
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(partial(Twins, (first, second)), settings=bounds)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parity")


@pytest.fixture(scope="module")
def embedded(folder: Path) -> Iterator[tuple[System, System]]:
    """SQLite under a monolith, and DynamoDB (moto) behind functions."""
    monolith = write_project(folder, "lab-sqlite", "monolith")
    functions = write_project(folder, "lab-moto", "serverless", {**DOMAIN, **KEY_VALUE})
    url = f"sqlite+aiosqlite:///{folder}/data"
    with running(monolith, database_url=url) as sql, running(functions) as dynamo:
        yield sql, dynamo


def test_sqlite_and_dynamodb_agree(embedded: tuple[System, System]) -> None:
    """They cannot be told apart."""
    drive(*embedded, EXAMPLES_EACH)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1" * 400])
def test_a_number_that_is_not_finite_is_refused(embedded: tuple[System, System], number: bytes) -> None:
    """In a body, and where a list is asked for it."""
    for system in embedded:
        body = b'{"title": "a", "mass": ' + number + b"}"
        answer = system.ask("ann", "POST", "/api/things", body, {"Content-Type": "application/json"})
        assert answer["status"] == 422 and "mass" in str(answer["body"]["errors"])
        query = {"mass": number.decode()}
        assert system.ask("ann", "GET", "/api/things", query=query)["status"] == 422


@pytest.mark.parametrize("story", ["😀" * 80_000, '"\\' * 50_000], ids=["wide", "escaped"])
def test_a_page_is_no_larger_than_a_function_may_answer(embedded: tuple[System, System], story: str) -> None:
    """Its bytes are bounded as well as its rows, and `next` goes on; a row that is larger than can be kept is refused."""
    many = 18 if story[0] != '"' else 30
    for system in embedded:
        made = [
            system.ask("ann", "POST", "/api/things", {"title": "a", "story": story})["body"]["id"] for _ in range(many)
        ]
        found, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page, cursor = system.page("ann", "/api/things", {"limit": 100}, cursor)
            assert page["status"] == 200 and system.size <= 4_500_100
            found += [row["id"] for row in page["body"]["items"]]
            pages += 1
        assert pages > 1 and found == list(reversed(made))
        assert {system.ask("ann", "DELETE", f"/api/things/{row}")["status"] for row in made} == {204}


def test_a_row_that_is_larger_than_can_be_kept_is_refused(embedded: tuple[System, System]) -> None:
    sql, dynamo = embedded
    row = sql.ask("ann", "POST", "/api/things", {"title": "a", "extra": "x" * 700_000})
    assert row["status"] == 201
    path = f"/api/things/{row['body']['id']}"
    assert sql.ask("ann", "PATCH", path, {"story": "😀" * 90_000})["status"] == 422
    assert sql.ask("ann", "DELETE", path)["status"] == 204
    assert dynamo.ask("ann", "POST", "/api/things", {"title": "a", "extra": "x" * 700_000})["status"] == 422


@pytest.fixture
def servers(containers: None) -> Iterator[dict[str, str]]:
    """PostgreSQL and DynamoDB Local, in containers of their own; their addresses."""
    docker = shutil.which("docker") or ""
    started = []
    try:
        addresses = {}
        for image, port in (("postgres:18", 5432), ("amazon/dynamodb-local:3", 8000)):
            command = [docker, "run", "--detach", "--rm", "--publish", f"127.0.0.1::{port}"]
            command += ["--env", "POSTGRES_PASSWORD=parity", image]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                missing(image)
            started.append(done.stdout.strip())
            shown = subprocess.run([docker, "port", started[-1]], capture_output=True, text=True, check=True).stdout
            addresses[image.partition(":")[0]] = shown.split()[-1]
        for address in addresses.values():
            _answers(address)
        # not every image begins with a database of Unicode
        create = [
            "createdb",
            "--host=127.0.0.1",
            "--username=postgres",
            "--encoding=UTF8",
            "--template=template0",
            "parity",
        ]
        inside = [docker, "exec", "--env", "PGPASSWORD=parity", started[0]]
        deadline = time.monotonic() + 60  # it starts twice, and answers in between
        while subprocess.run([*inside, *create], capture_output=True, check=False).returncode != 0:
            assert time.monotonic() < deadline, "PostgreSQL did not get ready"
            time.sleep(0.5)
        yield addresses
    finally:
        if started:
            subprocess.run([docker, "kill", *started], capture_output=True, check=False)


@pytest.fixture
def queues() -> Iterator[str]:
    """What stands in for the services of AWS that DynamoDB Local is not."""
    server = import_module("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def _answers(address: str) -> None:
    """PostgreSQL starts twice: whoever listens has to listen for a while."""
    host, _, port = address.partition(":")
    good, deadline = 0, time.monotonic() + 60
    while good < 20 and time.monotonic() < deadline:
        with socket.socket() as probe:
            good = good + 1 if probe.connect_ex((host, int(port))) == 0 else 0
        time.sleep(0.1)


@pytest.mark.real
def test_postgresql_and_dynamodb_local_agree(
    folder: Path, servers: dict[str, str], queues: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL under a monolith and DynamoDB Local behind functions cannot be told apart."""
    monolith = write_project(folder, "lab-postgres", "monolith")
    functions = write_project(folder, "lab-local", "serverless", {**DOMAIN, **KEY_VALUE})
    for name in ("DYNAMODB", "DYNAMODB_STREAMS"):
        monkeypatch.setitem(os.environ, f"AWS_ENDPOINT_URL_{name}", f"http://{servers['amazon/dynamodb-local']}")
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL", queues)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setitem(os.environ, name, "local")
    monkeypatch.setitem(os.environ, "AWS_DEFAULT_REGION", "eu-central-1")
    url = f"postgresql+asyncpg://postgres:parity@{servers['postgres']}/parity"
    with running(monolith, database_url=url) as sql, running(functions) as dynamo:
        drive(sql, dynamo, EXAMPLES_EACH)
