"""On DynamoDB rows that are there come after what their domain has become: by a command
that is killed, goes on, and is run again, while the system is written to.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from tests.growth.conftest import Home

from archgen.generator import load_record

Copy = Callable[..., Home]
MODULES = {
    "catalog": {
        "entities": {
            "shelf": {
                "access": {"read": "public", "write": "staff"},
                "fields": {"label": {"type": "string", "required": True}},
            },
            "book": {
                "access": {"read": "owner", "write": "owner"},
                "lists": [["title", "-pages"]],
                "fields": {
                    "title": {"type": "string", "required": True},
                    "pages": {"type": "integer", "required": True},
                    "code": {"type": "string"},
                },
            },
        }
    }
}
SERVE = """
import socket
from lib.local.moto_server import _serve
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
_serve(listening)
"""
# Steps as the code of a folder does them, whatever version of it that is.
STEPS = """
import asyncio, json, sys
from pathlib import Path
from uuid import UUID
import boto3
from pydantic import TypeAdapter
from lib.catalog import domain, repository
from lib.chassis.mechanism.dynamodb import Database
from lib.chassis.mechanism.errors import Problem
from lib.chassis.mechanism.no_cache import NoCache
from lib.chassis.mechanism.persistence import Listing, Query
from lib.local.deliveries import Deliveries
from lib.local.template import Template

CLASSES = {"books": domain.Book, "shelves": domain.Shelf}
BASE = {"version": 1, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
held = {}

def plain(row):
    return None if row is None else json.loads(TypeAdapter(type(row)).dump_json(row))

def changed(row, said):
    said = {**plain(row), **said, "version": row.version + 1}
    return TypeAdapter(type(row)).validate_python(said)

async def do(database, step, plural, *given):
    unit = repository.CatalogUnitOfWork(database, NoCache())
    rows = getattr(unit, plural)
    if step == "add":
        for start in range(0, len(given[0]), 40):
            for row in given[0][start:start + 40]:
                rows.add(TypeAdapter(CLASSES[plural]).validate_python({**BASE, **row}))
            await unit.commit()
    elif step == "change":
        before = await rows.get(UUID(given[0]))
        rows.save(before, changed(before, given[1]))
        await unit.commit()
    elif step == "read first":
        held[given[0]] = unit, await rows.get(UUID(given[0]))
    elif step == "change then":
        unit, before = held[given[0]]
        getattr(unit, plural).save(before, changed(before, given[1]))
        await unit.commit()
    elif step == "backfill":
        from lib.apps.backfill import bring_up
        from lib.apps.settings import Settings
        return await bring_up(Settings())
    elif step == "delete":
        rows.delete(await rows.get(UUID(given[0])))
        await unit.commit()
    elif step == "get":
        return plain(await rows.get(UUID(given[0])))
    elif step == "find":
        return plain(await rows.find(*given))
    elif step == "page":
        filters, sort, owner = given
        found, after = [], None
        while True:
            listing = Listing(tuple(filters), *([sort] if sort else []))
            page = await rows.page(Query(listing, filters, 100, after, UUID(owner) if owner else None))
            found += [str(one.id) for one in page.items]
            after = page.next
            if after is None:
                return found

async def main():
    told = []
    if sys.argv[1] == "tables":
        Deliveries(Template(Path("deploy/template.yaml"), {"AWS::StackName": "it"}), None)
        return
    database = Database("it", ["catalog"])
    for step in json.loads(sys.stdin.read()):
        try:
            told.append(await do(database, *step))
        except Problem as problem:
            told.append(type(problem).__name__)
    print(json.dumps(told))

asyncio.run(main())
"""
# Somebody who writes until told to stop; says then what became of each row.
WRITER = """
import asyncio, json, random, sys
from uuid import UUID
from pydantic import TypeAdapter
from lib.catalog import domain, repository
from lib.chassis.mechanism.dynamodb import Database
from lib.chassis.mechanism.errors import Unavailable
from lib.chassis.mechanism.no_cache import NoCache

async def main():
    ids, owner = json.loads(sys.stdin.readline())
    chance, database, said = random.Random(1), Database("it", ["catalog"]), {}
    stopped = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    number = 0
    while not stopped.done():
        number += 1
        unit = repository.CatalogUnitOfWork(database, NoCache())
        draw, key = chance.random(), chance.choice(ids)
        try:
            if draw < 0.2:
                new = domain.Book(title="new", pages=number, code=f"w{number}", owner_id=UUID(owner), language="de")
                unit.books.add(new)
                said_of = str(new.id), [f"w{number}", number]
            else:
                before = await unit.books.get(UUID(key))
                if before is None:
                    continue
                if draw < 0.3:
                    unit.books.delete(before)
                    said_of = key, None
                else:
                    unit.books.save(before, before.evolve(code=f"w{number}", pages=number))
                    said_of = key, [f"w{number}", number]
            await unit.commit()
        except Unavailable:  # it may have been done: whoever asks learns that
            now = await unit.books.load(UUID(said_of[0]))
            if (now and [now.code, now.pages]) != said_of[1]:
                continue
        said[said_of[0]] = said_of[1]
        if said_of[1]:
            ids.append(said_of[0])
    print(json.dumps(said))

asyncio.run(main())
"""


@dataclass(frozen=True)
class Stack:
    """A table that code of any version works on."""

    environment: dict[str, str]

    def run(
        self, folder: Path, *command: str, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, folder: Path, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def make(self, folder: Path) -> None:
        """The tables of this version, or what they lack of it."""
        done = self.run(folder, "-c", STEPS, "tables")
        assert done.returncode == 0, done.stderr[-3000:]

    def do(self, folder: Path, *steps: Any) -> list[Any]:
        done = self.run(folder, "-c", STEPS, "do", given=json.dumps(steps))
        assert done.returncode == 0, done.stderr[-3000:]
        told: list[Any] = json.loads(done.stdout)
        return told

    def backfill(self, folder: Path) -> subprocess.CompletedProcess[str]:
        return self.run(folder, "-m", "lib.apps.backfill")

    def items(self, folder: Path) -> list[Any]:
        done = self.run(
            folder,
            "-c",
            "import boto3, json; print(json.dumps(sorted([item for page in boto3.client('dynamodb')"
            ".get_paginator('scan').paginate(TableName='it-catalog') for item in page['Items']], key=lambda item: item['pk']['S'])))",
        )
        found: list[Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def shelf(home: Copy) -> Home:
    return home("serverless", modules=MODULES, stack={"database": "dynamodb"})


@pytest.fixture
def stack(shelf: Home) -> Iterator[Stack]:
    """On what the project has in place of AWS."""
    keys = {f"AWS_{name}": "x" for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")}
    environment = {
        **os.environ,
        **keys,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYTHONPATH": "src",
        "STACK": "it",
    }
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=shelf.folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    port = server.stdout.readline().strip()
    yield Stack({**environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})
    server.kill()
    server.wait()
    server.stdout.close()


@pytest.fixture
def before(shelf: Home, tmp_path: Path) -> Path:
    """The code as it is before it grows."""
    folder = tmp_path / "before"
    shutil.copytree(shelf.folder, folder, ignore=shutil.ignore_patterns(".git"))
    return folder


def grow(project: Home, *command: str) -> str:
    done = project.archgen(*command, "--no-input")
    assert done.code == 0, (command, done.err)
    project.commit()
    return done.err


def number(value: int) -> str:
    return str(UUID(int=value << 64 | 7 << 76 | 1 << 63 | value))


OWNERS = [number(900_001), number(900_002)]


def book(value: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number(value),
        "owner_id": OWNERS[value % 2],
        "title": f"t{value % 7}",
        "pages": value,
        **more,
    }


def test_rows_come_up_though_it_is_killed_and_others_write(
    shelf: Home, before: Path, stack: Stack
) -> None:
    """Two lists, an indexed field with a default, one that no row may lack and a rule
    that two rows break: every row is found by each of them in the end, and once.
    """
    stack.make(before)
    books = [book(value, code=f"c{value}") for value in range(1, 201)]
    books[9]["code"] = books[109]["code"] = "twice"  # which the writer leaves alone
    stack.do(before, ("add", "books", books))

    grow(shelf, "add", "list", "catalog.book", "code,-pages")
    told = grow(
        shelf,
        *("add", "field", "catalog.book.genre", "--type", "enum", "--indexed"),
        *("--set", "values=[novel,essay]", "--set", "default=essay"),
    )
    assert "make backfill" in told
    language = ("catalog.book.language", "--type", "string", "--required")
    grow(shelf, "add", "field", *language, "--value", "en", "--indexed")
    told = grow(shelf, "change", "field", "catalog.book.code", "--set", "unique=true")
    assert "make backfill names them" in told
    now = shelf.folder
    stack.make(now)

    writer = stack.start(now, "-c", WRITER)
    assert writer.stdin is not None and writer.stdout is not None
    alone = [one["id"] for one in books if one["code"] != "twice"]
    writer.stdin.write(json.dumps([alone, OWNERS[0]]) + "\n")
    writer.stdin.flush()
    killed, begun = 0, []
    for _ in range(3):
        run = stack.start(now, "-m", "lib.apps.backfill")
        assert run.stdout is not None
        line = run.stdout.readline()
        run.send_signal(signal.SIGKILL)
        killed += run.wait() == -signal.SIGKILL
        begun.append(int(line.split()[1]))
        run.communicate()
    assert killed == 3 and begun == sorted(set(begun)), (
        "each goes on where the one before was killed"
    )
    last = stack.backfill(now)
    said, _ = writer.communicate("stop\n")
    ledger = json.loads(said)
    assert len(ledger) > 10
    assert last.returncode == 1, last.stderr
    assert last.stderr.count("code as books#") == 1
    clashing = last.stderr.split("books#")[1].split(":")[0]
    assert clashing in (books[9]["id"], books[109]["id"])

    stack.do(now, ("change", "books", clashing, {"code": "once"}))
    assert stack.backfill(now).returncode == 0
    kept = stack.items(now)
    again = stack.backfill(now)
    assert again.returncode == 0 and ", 0 brought up, 0 left" in again.stdout
    assert stack.items(now) == kept, "a run that finds nothing to do writes nothing"

    expected: dict[str, tuple[str, int, str, str]] = {}
    for one in books:
        expected[one["id"]] = (one["code"], one["pages"], one["owner_id"], "en")
    expected[clashing] = ("once", *expected[clashing][1:])
    for key, what in ledger.items():
        if what is None:
            expected.pop(key, None)
        else:
            owner, language_of = expected.get(key, (0, 0, OWNERS[0], "de"))[2:]
            expected[key] = (*what, owner, language_of)
    for whose in (None, *OWNERS):
        wanted = {key: one for key, one in expected.items() if whose in (None, one[2])}
        all_of, genre, english = stack.do(
            now,
            ("page", "books", {}, None, whose),
            ("page", "books", {"genre": "essay"}, None, whose),
            ("page", "books", {"language": "en"}, None, whose),
        )
        assert Counter(all_of) == Counter(genre) == Counter(wanted.keys())
        assert Counter(english) == Counter(
            key for key, one in wanted.items() if one[3] == "en"
        )
    some = random.Random(2).sample(sorted(expected), 12)
    steps = [
        step
        for key in [*some, clashing]
        for step in (
            ("page", "books", {"code": expected[key][0]}, "pages", None),
            ("find", "books", "code", expected[key][0]),
            ("add", "books", [book(5_000, code=expected[key][0], language="x")]),
        )
    ]
    answers = stack.do(now, *steps)
    for i, key in enumerate([*some, clashing]):
        listed, found, taken = answers[3 * i : 3 * i + 3]
        assert listed == [key] and found["id"] == key and taken == "Conflict"
        assert found["genre"] == "essay" and found["pages"] == expected[key][1]


def test_a_claim_is_freed_by_its_own_row_alone_and_one_without_a_row_is_let_go(
    shelf: Home, before: Path, stack: Stack
) -> None:
    stack.make(before)
    one, other, third = (book(value, code="x") for value in (1, 2, 3))
    stack.do(before, ("add", "books", [one]))
    grow(shelf, "change", "field", "catalog.book.code", "--set", "unique=true")
    now = shelf.folder
    told = stack.do(
        now,
        ("add", "books", [other]),  # nobody knows yet that it is taken
        ("change", "books", one["id"], {"code": "y"}),
        ("add", "books", [third]),
        ("add", "books", [{**third, "code": "y"}]),
        ("find", "books", "code", "x"),
    )
    assert told[:4] == [None, None, "Conflict", "Conflict"], (
        "one has changed a value of which the claim is another's"
    )
    assert told[4]["id"] == other["id"]
    # the version before, beside it, knows no claims
    stack.do(
        before,
        ("change", "books", other["id"], {"code": "z"}),
        ("delete", "books", one["id"]),
    )
    done = stack.backfill(now)
    assert done.returncode == 0, done.stderr
    told = stack.do(
        now,
        ("add", "books", [{**third, "code": "z"}]),
        ("add", "books", [third]),
        ("change", "books", third["id"], {"code": "y"}),
        ("delete", "books", third["id"]),
    )
    assert told == ["Conflict", None, None, None]
    claims = [item["pk"]["S"] for item in stack.items(now)]
    assert [pk for pk in claims if pk.startswith("unique#")] == ["unique#books#code#z"]


def test_what_rows_come_to_refer_to_is_counted_once(
    shelf: Home, before: Path, stack: Stack
) -> None:
    """A row that is given to all: it cannot go while one refers to it, and can after."""
    stack.make(before)
    books = [book(value) for value in range(1, 31)]
    first, second = number(800_001), number(800_002)
    stack.do(
        before,
        ("add", "books", books),
        ("add", "shelves", [{"id": first, "label": "A"}, {"id": second, "label": "B"}]),
    )
    grow(
        shelf,
        *("add", "reference", "catalog.book.shelf", "--to", "catalog.shelf"),
        *("--required", "--indexed", "--value", first),
    )
    now = shelf.folder
    stack.make(now)
    assert stack.do(now, ("get", "books", books[0]["id"]))[0]["shelf"] == first
    told = stack.do(
        now,
        ("change", "books", books[0]["id"], {"pages": 5}),
        ("change", "books", books[1]["id"], {"shelf": second}),
        ("delete", "books", books[2]["id"]),
        ("read first", "books", books[3]["id"]),
        ("backfill", "books"),
        ("change then", "books", books[3]["id"], {"pages": 9}),
        ("backfill", "books"),
        ("delete", "shelves", first),
        ("page", "books", {"shelf": first}, None, None),
    )
    assert told[:8] == [None, None, None, None, [], "StaleVersion", [], "Conflict"]
    assert len(told[8]) == len(books) - 2
    told = stack.do(
        now,
        *(("delete", "books", one["id"]) for one in books if one is not books[2]),
        ("delete", "shelves", first),
        ("delete", "shelves", second),
    )
    assert set(told) == {None}


def test_indexes_are_made_one_at_a_time_with_what_is_deployed(
    shelf: Home, before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner's list is two indexes, and CloudFormation makes one of a table at once."""
    grow(shelf, "add", "field", "catalog.book.kind", "--type", "string", "--indexed")
    deploy = shelf.folder / "deploy"
    monkeypatch.syspath_prepend(str(deploy))
    monkeypatch.chdir(shelf.folder)
    for name in ("indexes", "functions"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    functions = import_module("functions")
    monkeypatch.setattr(functions, "ROOT", shelf.folder)
    built = shelf.folder / ".aws-sam/build/template.yaml"
    built.parent.mkdir(parents=True)
    built.write_text((deploy / "template.yaml").read_text())
    stack = {"text": (before / "deploy/template.yaml").read_text()}
    monkeypatch.setattr(functions, "status", lambda stage: "UPDATE_COMPLETE")
    monkeypatch.setattr(functions, "outputs", lambda stage: {})
    told: list[tuple[str, ...]] = []

    class CloudFormation:
        def get_template(self, **_: str) -> dict[str, Any]:
            return {"TemplateBody": stack["text"]}

    def sam(*words: str, **_: str) -> None:
        told.append(words)
        stack["text"] = (shelf.folder / ".aws-sam/indexes.yaml").read_text()

    monkeypatch.setattr(functions.boto3, "client", lambda name: CloudFormation())
    monkeypatch.setattr(functions, "sam", sam)
    functions.make_indexes("prod")
    assert len(told) == 1 and "--parameter-overrides" not in told[0]
    was = tables(before / "deploy/template.yaml")
    between = tables(shelf.folder / ".aws-sam/indexes.yaml")
    now = tables(deploy / "template.yaml")
    assert [len(indexes(one["CatalogTable"])) for one in (was, between, now)] == [
        4,
        5,
        6,
    ]
    for table in (between["CatalogTable"], now["CatalogTable"]):
        defined = {one["AttributeName"] for one in table["AttributeDefinitions"]}
        used = {
            key["AttributeName"]
            for index in table["GlobalSecondaryIndexes"]
            for key in index["KeySchema"]
        }
        assert defined == used | {"pk"}
    assert stack["text"].count("!GetAtt") == (
        before / "deploy/template.yaml"
    ).read_text().count("!GetAtt"), "all else is what was deployed"


class Tags(yaml.SafeLoader):
    """Reads a template, whatever its short forms stand for."""


Tags.add_multi_constructor("!", lambda loader, tag, node: f"{tag} {node.value}")


def tables(path: Path) -> dict[str, Any]:
    document = yaml.load(path.read_text(), Tags)
    return {
        name: one["Properties"]
        for name, one in document["Resources"].items()
        if one["Type"] == "AWS::DynamoDB::Table"
    }


def indexes(table: dict[str, Any]) -> list[str]:
    return [one["IndexName"] for one in table.get("GlobalSecondaryIndexes", [])]


def test_places_of_lists_stay_and_a_project_is_as_it_was_generated(shelf: Home) -> None:
    """The version before finds its rows by the same keys beside the new one."""
    grow(
        shelf,
        *("add", "field", "catalog.book.genre", "--type", "string", "--indexed"),
    )
    grow(shelf, "add", "list", "catalog.book", "genre,pages")
    (book,) = [
        entity
        for module in load_record(shelf.folder / "archgen.yaml")["modules"]
        for entity in module["entities"]
        if entity["name"] == "book"
    ]
    assert [(one["filters"], one["sort"]) for one in book["placed"]] == [
        ([], "id"),
        (["title"], "pages"),
        (["genre"], "id"),
        (["genre"], "pages"),
    ]
    status = shelf.archgen("status", "--json").document
    assert status["drift"] == [] and status["files"] == {}
    done = shelf.archgen("remove", "list", "catalog.book", "title,-pages")
    assert done.code == 3 and "genre,pages" in done.err
    tested = shelf.pytest("tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("scan", "--type", "file", "--required"), "would all have one file"),
        (
            ("isbn", "--type", "string", "--required", "--unique", "--value", "x"),
            "it is unique",
        ),
        (("name", "--type", "slug", "--set", "from=title", "--unique"), "unique"),
        (("pages2", "--type", "integer", "--required"), "need a value"),
    ],
)
def test_what_no_backfill_can_give_to_rows_is_refused(
    shelf: Home, command: tuple[str, ...], why: str
) -> None:
    done = shelf.archgen(
        "add", "field", f"catalog.book.{command[0]}", *command[1:], "--no-input"
    )
    assert done.code in (2, 3) and why in done.err, done.err


def test_a_project_whose_rows_lack_nothing_has_no_backfill(shelf: Home) -> None:
    grow(shelf, "add", "field", "catalog.book.note", "--type", "text")
    assert not (shelf.folder / "src/lib/apps/backfill.py").exists()
    assert "backfill" not in shelf.read("Makefile")
    assert "backfill" not in shelf.read("docs/deploying.md")
