"""The same operations give the same results on every database: drawn by a state
machine, asked over HTTP.
"""

from __future__ import annotations

import itertools
import os
import re
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

import boto3
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)
from tests.conftest import missing
from tests.parity.everything import (
    ACROSS,
    ALONG,
    BY_KEY,
    EVERYTHING,
    LISTS,
    REQUIRED,
    SIDES,
    TARGETS,
    UNIQUE,
    VALUES,
    WRONG,
)
from tests.parity.systems import ABSENT, KEY_VALUE, System, running, write_project
from tests.support.projects import until
from tests.support.samples import times

EXAMPLES_EACH = times(8, 2, "ARCHGEN_EXAMPLES")  # of twenty steps
EXAMPLES = itertools.count()
PATIENCE = 60.0  # seconds, for what events tell
# what functions run on; where both modules are in one part, as in a monolith, either
# looks up what it refers to
FUNCTIONS = {
    **KEY_VALUE,
    "parts": {"accounts": ["accounts"], "part_lab": ["lab", "hall"]},
}
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

    def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        expand: str | None = None,
        **headers: str,
    ) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        query = {} if expand is None else {"expand": expand}
        first, second = (
            system.ask(who, method, path, body, named, query) for system in self.systems
        )
        for answer in (
            (first, second) if expand else ()
        ):  # the tag is made of what came along, ids among it
            answer["etag"] = re.sub(
                "-[0-9a-f]{32}", "-<what came along>", answer["etag"] or ""
            )
        assert first == second, f"{who} {method} {path} {query} {body} {headers}"
        return first

    def value(
        self, data: st.DataObject, plural: str, name: str, *, wrong: bool = True
    ) -> Any:
        values = VALUES[plural][name]
        if name not in TARGETS:
            return data.draw(st.sampled_from(values))
        known = [row for kind, row in self.made if kind == TARGETS[name]][-4:]
        targets = [*known * 3, ABSENT] if wrong else known
        if values == ["refs"]:  # now and then one too many, or one twice
            least = 0 if wrong or name not in REQUIRED[plural] else 1
            if not targets:
                return []
            return data.draw(
                st.lists(
                    st.sampled_from(targets),
                    min_size=least,
                    max_size=4 if wrong else 2,
                    unique=True,
                )
            )
        return data.draw(st.sampled_from(targets if wrong else [*targets, None]))

    def body(
        self,
        data: st.DataObject,
        plural: str,
        *,
        partial: bool = False,
        wrong: bool = True,
    ) -> dict[str, Any]:
        """Some fields that fit, and now and then one that does not; not `wrong`: all
        fields.
        """
        wanted = data.draw(st.sets(st.sampled_from(sorted(VALUES[plural])), min_size=1))
        if not partial:
            wanted |= REQUIRED[plural]
        if not wrong:
            wanted = set(VALUES[plural]) - UNIQUE | REQUIRED[plural]
        found = {
            name: self.value(data, plural, name, wrong=wrong) for name in sorted(wanted)
        }
        if wrong and data.draw(st.integers(0, 7)) == 7:
            name = data.draw(st.sampled_from(sorted(wanted)))
            found[name] = data.draw(st.sampled_from([*WRONG.get(name, []), *WRONG[""]]))
        return found

    @initialize(target=rows, data=st.data())
    def begin(self, data: st.DataObject) -> Any:
        plurals = [
            "categories",
            "categories",
            *["things"] * 8,
            *["notes"] * 4,
            "remarks",
            "remarks",
        ]
        plurals += [
            "posts",
            "posts",
            "replies",
            "parcels",
            "tools",
            "tools",
            "profiles",
            "posters",
            "tickets",
            "tickets",
            *("kits", "kits", "pairs", "pairs"),
        ]
        made = [self.add(data, plural, "ann", "", wrong=False) for plural in plurals]
        made += [
            self.add(data, plural, "staff", "", wrong=False)
            for plural in ("parcels", "vaults")
        ]
        return multiple(*filter(None, made))

    @rule(
        target=rows,
        data=st.data(),
        plural=st.sampled_from(
            [
                "categories",
                *["things"] * 4,
                "notes",
                "notes",
                "remarks",
                "posts",
                "replies",
                "replies",
                "parcels",
                "parcels",
                "tools",
                "tools",
                "profiles",
                "vaults",
                "posters",
                "posters",
                "tickets",
                *["kits"] * 3,
                *["pairs"] * 3,
                "doors",
            ]
        ),
        who=WHO,
        key=st.sampled_from(["", "", "", "k1", "k2"]),
    )
    def create(self, data: st.DataObject, plural: str, who: str, key: str) -> Any:
        if (
            plural == "doors"
        ):  # who may read and who may write, in each way that no other entity has
            plural = data.draw(
                st.sampled_from([door for door in VALUES if door.startswith("door")])
            )
        return self.add(data, plural, who, key) or multiple()

    def add(
        self,
        data: st.DataObject,
        plural: str,
        who: str,
        key: str,
        *,
        wrong: bool = True,
    ) -> tuple[str, str] | None:
        headers = {"idempotency_key": f"{key}-{self.example}"} if key else {}
        answer = self.ask(
            who,
            "POST",
            f"/api/{plural}",
            self.body(data, plural, wrong=wrong),
            **headers,
        )
        if answer["status"] != 201:
            return None
        row = plural, str(answer["body"]["id"])
        if row not in self.made:
            self.made.append(row)
        return row

    @rule(row=rows, who=WHO, tag=st.sampled_from(["", '"1"', '"2"', "*"]))
    def read(self, row: tuple[str, str], who: str, tag: str) -> None:
        self.ask(
            who,
            "GET",
            "/api/{}/{}".format(*row),
            **({"if_none_match": tag} if tag else {}),
        )

    @rule(data=st.data(), key=st.sampled_from(BY_KEY), who=WHO)
    def read_by_key(
        self, data: st.DataObject, key: tuple[str, str, list[str]], who: str
    ) -> None:
        plural, name, values = key
        value = data.draw(st.sampled_from(values))
        self.ask(
            who,
            "GET",
            f"/api/{plural}/by-{name}/{value if value[:1] == '@' else quote(value, safe='')}",
        )

    @rule(
        row=rows, who=WHO, tag=st.sampled_from(["", "", '"1"', '"2"']), data=st.data()
    )
    def change(
        self, row: tuple[str, str], who: str, tag: str, data: st.DataObject
    ) -> None:
        body = self.body(data, row[0], partial=True)
        self.ask(
            who,
            "PATCH",
            "/api/{}/{}".format(*row),
            body,
            **({"if_match": tag} if tag else {}),
        )

    @rule(row=rows, who=WHO, tag=st.sampled_from(["", "", '"1"']))
    def delete(self, row: tuple[str, str], who: str, tag: str) -> None:
        self.remove(who, row, tag)

    @rule(data=st.data(), target=rows, mine=st.booleans())
    def refer_and_delete(self, data: st.DataObject, mine: bool) -> Any:
        """A post that rows of another module refer to in every way goes: some go with
        it, some have a reference less.
        """
        made = [self.add(data, "posts", "ann", "", wrong=False) for _ in range(2)]
        if None in made:
            return multiple()
        (_, kept), gone = made[0] or ("", ""), made[1] or ("", "")
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("posters", {"needs": each, "lead": gone[1]})
            for each in ([gone[1]], [gone[1], kept])
        ]
        for plural, body in [
            *bodies,
            ("posters", {"needs": [kept], "lead": gone[1]}),
            ("tickets", {"post": gone[1]}),
        ]:
            answer = self.ask(
                "ann" if mine else "staff", "POST", f"/api/{plural}", body
            )
            self.made += (
                [(plural, str(answer["body"]["id"]))] if answer["status"] == 201 else []
            )
        self.remove("ann", gone, "")
        return made[0]

    def remove(self, who: str, row: tuple[str, str], tag: str) -> None:
        """The row, and what another module's rows have of it, which they are waited for
        to lose.
        """
        answer = self.ask(
            who,
            "DELETE",
            "/api/{}/{}".format(*row),
            **({"if_match": tag} if tag else {}),
        )
        if answer["status"] != 204 or row[0] not in ("categories", "posts"):
            return
        for plural, name in self.made:
            for system in self.systems if plural in ACROSS else ():
                until(
                    partial(self.lost, system, f"/api/{plural}/{name}", row[1]),
                    PATIENCE,
                )
        for plural, name in self.made:
            if plural in ACROSS:
                self.ask("staff", "GET", f"/api/{plural}/{name}")

    def lost(self, system: System, path: str, gone: str) -> bool:
        return repr(gone) not in str(system.ask("staff", "GET", path)["body"])

    @rule(
        target=cursors,
        data=st.data(),
        which=st.sampled_from(LISTS),
        who=WHO,
        limit=st.sampled_from([1, 2, 3, 20]),
    )
    def walk(
        self,
        data: st.DataObject,
        which: tuple[str, list[str], str],
        who: str,
        limit: int,
    ) -> Any:
        """All pages of a list, one by one; gives the first cursor, to be used again
        when things have changed.
        """
        plural, filters, sort = which
        query: dict[str, Any] = {"limit": limit}
        for name in filters:
            found = self.value(data, plural, name)
            query[name] = (
                (found or [ABSENT])[0] if VALUES[plural][name] == ["refs"] else found
            )
        if sort:
            query["sort"] = sort
        first = self.pages(who, f"/api/{plural}", query)
        return multiple() if first[0] is None else (f"/api/{plural}", query, first)

    @rule(row=rows, data=st.data(), who=WHO, limit=st.sampled_from([1, 3, 20]))
    def walk_below(
        self, row: tuple[str, str], data: st.DataObject, who: str, limit: int
    ) -> None:
        """All that refers to a row, by its path."""
        if row[0] in SIDES:
            side = data.draw(st.sampled_from(SIDES[row[0]]))
            self.pages(who, "/api/{}/{}/{}".format(*row, side), {"limit": limit})

    @rule(row=rows, data=st.data(), who=WHO)
    def bring_along(self, row: tuple[str, str], data: st.DataObject, who: str) -> None:
        """What a read and a list have besides, as far as the caller may read it."""
        if row[0] in ALONG:
            expand = data.draw(st.sampled_from(ALONG[row[0]]))
            self.ask(who, "GET", "/api/{}/{}".format(*row), expand=expand)
            if expand != "title":
                self.pages(who, f"/api/{row[0]}", {"expand": expand, "limit": 5})

    @rule(row=rows, who=WHO)
    def read_the_one_that_refers(self, row: tuple[str, str], who: str) -> None:
        if row[0] == "things":
            self.ask(who, "GET", f"/api/things/{row[1]}/parcel")

    def pages(
        self, who: str, path: str, query: dict[str, Any]
    ) -> tuple[str | None, ...]:
        """All pages of a list; the cursors of the first, if it has one."""
        first = after = self.page(who, path, query, (None, None))
        while after[0] is not None:
            after = self.page(who, path, query, after)
        return first

    @rule(cursor=cursors, who=WHO)
    def resume(
        self, cursor: tuple[str, dict[str, Any], tuple[str, str]], who: str
    ) -> None:
        self.page(who, *cursor)

    def page(
        self, who: str, path: str, query: dict[str, Any], after: Any
    ) -> tuple[str | None, ...]:
        answers = [
            system.page(who, path, query, mine)
            for system, mine in zip(self.systems, after, strict=True)
        ]
        assert answers[0][0] == answers[1][0], f"{who} GET {path} {query}"
        return tuple(cursor for _, cursor in answers)

    def teardown(self) -> None:
        """Everything that is there in every order, then away with it."""
        try:
            for plural, filters, sort in LISTS:
                ordered = {"sort": sort} if sort else {}
                known = [
                    [row for kind, row in self.made if kind == TARGETS.get(name)]
                    for name in filters
                ]
                values = [
                    rows[:3] or VALUES[plural][name][:3]
                    for name, rows in zip(filters, known, strict=True)
                ]
                for chosen in itertools.islice(itertools.product(*values), 3):
                    query = {
                        "limit": 3,
                        **ordered,
                        **dict(zip(filters, chosen, strict=True)),
                    }
                    self.pages("staff", f"/api/{plural}", query)
        finally:
            for system in self.systems:
                left = self.made[::-1]
                for _ in range(4):  # whatever refers to a row has to go before it
                    answers = [
                        (row, system.ask("staff", "DELETE", "/api/{}/{}".format(*row)))
                        for row in left
                    ]
                    left = [row for row, answer in answers if answer["status"] == 409]


def drive(
    first: System, second: System, examples: int, kind: type[Twins] = Twins
) -> None:
    bounds = settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        phases=[
            Phase.generate
        ],  # shrinking what failed would take many minutes of requests
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(partial(kind, (first, second)), settings=bounds)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parity")


@pytest.fixture(scope="module")
def embedded(folder: Path) -> Iterator[tuple[System, System]]:
    """SQLite under a monolith, and DynamoDB (moto) behind functions."""
    monolith = write_project(folder, "lab-sqlite", "monolith", EVERYTHING)
    functions = write_project(
        folder, "lab-moto", "serverless", {**EVERYTHING, **FUNCTIONS}
    )
    url = f"sqlite+aiosqlite:///{folder}/data"
    with running(monolith, database_url=url) as sql, running(functions) as dynamo:
        yield sql, dynamo


@pytest.mark.timeout(1800)
def test_sqlite_and_dynamodb_agree(embedded: tuple[System, System]) -> None:
    """They cannot be told apart."""
    drive(*embedded, EXAMPLES_EACH)


def test_of_several_values_that_are_taken_the_first_is_told(
    embedded: tuple[System, System],
) -> None:
    """Whether the row is new or changes; where a rule of several fields is broken
    besides, what is unique by itself.
    """
    for system in embedded:
        made = [
            system.make(
                "ann",
                "tools",
                serial=number,
                uid=f"0190a6e4-8a2b-7c3d-9e4f-5a6b7c8d9e{number}",
                sizes=[],
            )
            for number in (10, 11)
        ]
        taken = {name: made[0][name] for name in ("uid", "serial")}
        for method, path in (
            ("POST", "/api/tools"),
            ("PATCH", f"/api/tools/{made[1]['id']}"),
        ):
            answer = system.ask(
                "ann",
                method,
                path,
                {**taken, **({"sizes": []} if method == "POST" else {})},
            )
            assert (answer["status"], answer["body"]["detail"]) == (
                409,
                "serial is taken",
            )
        last = system.ask(
            "ann", "PATCH", f"/api/tools/{made[1]['id']}", {"uid": taken["uid"]}
        )
        assert (last["status"], last["body"]["detail"]) == (409, "uid is taken")
        assert {
            system.ask("ann", "DELETE", f"/api/tools/{row['id']}")["status"]
            for row in made
        } == {204}


@pytest.mark.parametrize(
    "number", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1" * 400]
)
def test_a_number_that_is_not_finite_is_refused(
    embedded: tuple[System, System], number: bytes
) -> None:
    """In a body, and where a list is asked for it."""
    for system in embedded:
        body = b'{"title": "a", "mass": ' + number + b"}"
        answer = system.ask(
            "ann", "POST", "/api/things", body, {"Content-Type": "application/json"}
        )
        assert answer["status"] == 422 and "mass" in str(answer["body"]["errors"])
        query = {"mass": number.decode()}
        assert system.ask("ann", "GET", "/api/things", query=query)["status"] == 422


@pytest.mark.parametrize(
    "story", ["😀" * 80_000, '"\\' * 50_000], ids=["wide", "escaped"]
)
def test_a_page_is_no_larger_than_a_function_may_answer(
    embedded: tuple[System, System], story: str
) -> None:
    """Its bytes are bounded as well as its rows, and `next` goes on; a row that is
    larger than can be kept is refused.
    """
    many = 18 if story[0] != '"' else 30
    for system in embedded:
        made = [
            system.ask("ann", "POST", "/api/things", {"title": "a", "story": story})[
                "body"
            ]["id"]
            for _ in range(many)
        ]
        found, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page, cursor = system.page("ann", "/api/things", {"limit": 100}, cursor)
            assert page["status"] == 200 and system.size <= 4_500_100
            found += [row["id"] for row in page["body"]["items"]]
            pages += 1
        assert pages > 1 and found == list(reversed(made))
        assert {
            system.ask("ann", "DELETE", f"/api/things/{row}")["status"] for row in made
        } == {204}


def test_a_row_that_is_larger_than_can_be_kept_is_refused(
    embedded: tuple[System, System],
) -> None:
    sql, dynamo = embedded
    row = sql.ask("ann", "POST", "/api/things", {"title": "a", "extra": "x" * 700_000})
    assert row["status"] == 201
    path = f"/api/things/{row['body']['id']}"
    assert sql.ask("ann", "PATCH", path, {"story": "😀" * 90_000})["status"] == 422
    assert sql.ask("ann", "DELETE", path)["status"] == 204
    assert (
        dynamo.ask(
            "ann", "POST", "/api/things", {"title": "a", "extra": "x" * 700_000}
        )["status"]
        == 422
    )


@pytest.fixture
def servers(containers: None) -> Iterator[dict[str, str]]:
    """PostgreSQL and DynamoDB Local, in containers of their own; their addresses."""
    docker = shutil.which("docker") or ""
    started = []
    try:
        addresses = {}
        for image, port in (("postgres:18", 5432), ("amazon/dynamodb-local:3", 8000)):
            command = [
                docker,
                "run",
                "--detach",
                "--rm",
                "--publish",
                f"127.0.0.1::{port}",
            ]
            command += ["--env", "POSTGRES_PASSWORD=parity", image]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                missing(image)
            started.append(done.stdout.strip())
            shown = subprocess.run(
                [docker, "port", started[-1]],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
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
        while (
            subprocess.run(
                [*inside, *create], capture_output=True, check=False
            ).returncode
            != 0
        ):
            assert time.monotonic() < deadline, "PostgreSQL did not get ready"
            time.sleep(0.5)
        yield addresses
    finally:
        if started:
            subprocess.run([docker, "kill", *started], capture_output=True, check=False)


@pytest.fixture
def queues() -> Iterator[str]:
    """What stands in for the services of AWS that DynamoDB Local is not."""
    server = import_module("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0
    )
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
@pytest.mark.timeout(1800)
def test_postgresql_and_dynamodb_local_agree(
    folder: Path, servers: dict[str, str], queues: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL under a monolith and DynamoDB Local behind functions cannot be told
    apart.
    """
    monolith = write_project(folder, "lab-postgres", "monolith", EVERYTHING)
    functions = write_project(
        folder, "lab-local", "serverless", {**EVERYTHING, **FUNCTIONS}
    )
    for name in ("DYNAMODB", "DYNAMODB_STREAMS"):
        monkeypatch.setitem(
            os.environ,
            f"AWS_ENDPOINT_URL_{name}",
            f"http://{servers['amazon/dynamodb-local']}",
        )
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL", queues)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setitem(os.environ, name, "local")
    monkeypatch.setitem(os.environ, "AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(
        boto3, "DEFAULT_SESSION", None
    )  # or it has the keys of a test before this
    url = f"postgresql+asyncpg://postgres:parity@{servers['postgres']}/parity"
    with running(monolith, database_url=url) as sql, running(functions) as dynamo:
        drive(sql, dynamo, EXAMPLES_EACH)
        assert min(sql.requests, dynamo.requests) > EXAMPLES_EACH * 200
        print(f"{sql.requests} requests to each")
