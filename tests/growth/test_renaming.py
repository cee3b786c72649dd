"""A module is called otherwise: code, paths and events follow, tables and parts keep
their names, and the owner's files move along.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.growth.conftest import Home
from tests.growth.test_removing import BOOK, Copy, Version, grow, row, version
from tests.support.postgres import postgres

from archgen.generator import load_record

__all__ = ["version"]  # the fixture
# Rows are written and read as the code of a folder does it, in the tables of its own
# template.
ROWS = """
import asyncio, json, sys
import boto3
from pathlib import Path
from pydantic import TypeAdapter
from lib.catalog import domain, repository
from lib.chassis.mechanism.dynamodb import Database
from lib.chassis.mechanism.no_cache import NoCache
from lib.chassis.mechanism.persistence import Listing, Query
from lib.chassis.mechanism.stored_names import stored_name
from lib.local.template import Template

client = boto3.client("dynamodb")
known = client.list_tables()["TableNames"]
template = Template(Path("deploy/template.yaml"), {"AWS::StackName": "it"})
for table in template.of_type("AWS::DynamoDB::Table").values():
    if table["TableName"] not in known:
        made = ("TableName", "BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
        client.create_table(**{key: table[key] for key in made if key in table})

async def main():
    unit = repository.CatalogUnitOfWork(Database("it", [stored_name("lib", "catalog")]), NoCache(), {})
    adapter = TypeAdapter(domain.Book)
    base = {"version": 1, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
    for one in json.loads(sys.argv[1]):
        unit.books.add(adapter.validate_python({**base, **one}))
    await unit.commit()
    page = await unit.books.page(Query(Listing(("category",)), {"category": "novel"}))
    print(json.dumps([sorted(one.title for one in page.items), boto3.client("dynamodb").list_tables()["TableNames"]]))

asyncio.run(main())
"""


def rename(project: Home) -> str:
    return grow(project, "rename", "module", "catalog", "library")


def keep_rows(project: Home, version: Callable[[Home, str], Version], url: str) -> None:
    grow(project, "add", "field", "catalog.book.pages", "--type", "integer")
    grow(project, "add", "reaction", "reviews", "catalog.book.deleted")
    migrations = {
        path.name: path.read_text()
        for path in project.folder.glob("src/lib/catalog/migrations/*.py")
    }
    old = version(project, url)
    old.do(("up",), ("add", BOOK, [row(1, title="One", price="1.00")]))
    rename(project)
    assert migrations == {
        one.name: one.read_text()
        for one in project.folder.glob("src/lib/library/migrations/*.py")
    }
    new = replace(version(project, url), module="library")
    new.do(("up",), ("add", BOOK, [row(2, title="Two", price="2.00")]))
    old.do(("up",), ("add", BOOK, [row(3, title="Three", price="3.00")]))
    assert len(old.do(("read", BOOK))[0]) == len(new.do(("read", BOOK))[0]) == 3, (
        "both versions have all rows"
    )
    grow(project, "add", "field", "library.book.isbn", "--type", "string")
    later = replace(version(project, url), module="library")
    later.do(
        ("up",), ("add", BOOK, [row(4, title="Four", price="4.00", isbn="x")]), ("down", "catalog_0003"), ("up",),
    )  # fmt: skip
    assert "catalog_0004" in "".join(
        one.read_text()
        for one in project.folder.glob("src/lib/library/migrations/0004*.py")
    )
    assert len(old.do(("read", BOOK))[0]) == 4


def test_rows_of_sqlite_stay_where_they_are(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    keep_rows(project, version, f"sqlite+aiosqlite:///{tmp_path}/data")
    assert [one.name for one in (tmp_path / "data").glob("*.sqlite")] == [
        "catalog.sqlite"
    ]
    tested = project.pytest(
        "tests/test_tables.py",
        "tests/library",
        "tests/reviews",
        "tests/test_delivery.py",
    )
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_stay_where_they_are(
    home: Copy, version: Callable[[Home, str], Version]
) -> None:
    with postgres() as url:
        keep_rows(home(), version, f"{url}/postgres".replace("+asyncpg", ""))


@pytest.fixture
def dynamodb() -> Iterator[str]:
    """The address of a server that stands in for it."""
    server = import_module("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0
    )
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_rows_of_dynamodb_stay_where_they_are(home: Copy, dynamodb: str) -> None:
    project = home("serverless")
    grow(project, "add", "reaction", "reviews", "catalog.book.deleted")

    def do(code: str, *rows: dict[str, Any]) -> Any:
        keys = {f"AWS_{name}": "x" for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")}
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(rows)],
            cwd=project.folder,
            env={
                **os.environ,
                **keys,
                "AWS_DEFAULT_REGION": "eu-central-1",
                "AWS_ENDPOINT_URL": dynamodb,
                "PYTHONPATH": "src",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    _, tables = do(ROWS, row(1, title="One", price="1.00", category="novel"))
    before = resources(project)
    rename(project)
    titles, tables_after = do(
        ROWS.replace("catalog", "library").replace("Catalog", "Library"),
        row(2, title="Two", price="2.00", category="novel"),
    )
    assert titles == ["One", "Two"] and tables == tables_after
    assert resources(project) == before, (
        "a resource of another name would be made anew, without what is in it"
    )
    tested = project.pytest(
        "tests/test_tables.py",
        "tests/test_delivery.py",
        "tests/test_template.py",
        "tests/library",
    )
    assert tested.returncode == 0, tested.stdout[-3000:]


def resources(project: Home) -> list[str]:
    """The resources of the stack, as it calls them."""
    lines = (
        project.read("deploy/template.yaml").partition("\nResources:")[2].splitlines()
    )
    return [line for line in lines if line.startswith("  ") and line[2:3].isalpha()]


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_what_the_owner_wrote_moves_with_its_module(
    home: Copy, architecture: str
) -> None:
    project = home(architecture)
    grow(project, "add", "reaction", "reviews", "catalog.book.deleted")
    (project.folder / "src/lib/catalog/report.py").write_text(
        "from lib.catalog import domain\n\nKIND = domain.Book\n"
    )
    (project.folder / "tests/catalog/test_report.py").write_text(
        "def test_mine() -> None:\n    assert 'catalog'\n"
    )
    project.edit(
        "src/lib/catalog/domain.py", "@dataclass", "DISCOUNT = 5\n\n\n@dataclass"
    )
    project.edit(
        "src/lib/catalog/service.py",
        "    async def create_book(",
        "    # mine\n    async def create_book(",
    )
    project.edit(
        "tests/catalog/test_books.py",
        "from __future__ import annotations",
        "# mine too\nfrom __future__ import annotations",
    )
    project.commit()
    parts = [
        part["name"] for part in load_record(project.folder / "archgen.yaml")["parts"]
    ]
    done = project.archgen("rename", "module", "catalog", "library", "--json")
    assert done.code == 0, done.err
    assert (
        "src/lib/library/report.py:1: from lib.catalog import domain"
        in done.document["still_named"]
    )
    assert (
        done.document["migrations"] == []
        and "make migrate" not in done.document["next"]
    )
    project.commit()
    assert not list((project.folder / "src/lib/catalog").glob("*.py")) and not list(
        (project.folder / "tests/catalog").glob("*.py")
    )
    assert "KIND = domain.Book" in project.read("src/lib/library/report.py")
    assert "def test_mine" in project.read("tests/library/test_report.py")
    assert "DISCOUNT = 5" in project.read("src/lib/library/domain.py")
    assert "# mine" in project.read("src/lib/library/service.py")
    assert "# mine too" in project.read("tests/library/test_books.py")
    assert "@handles(library_contract.BookDeleted)" in project.read(
        "src/lib/reviews/event_handlers.py"
    )
    assert parts == [
        part["name"] for part in load_record(project.folder / "archgen.yaml")["parts"]
    ]
    shown = project.archgen("status", "--json").document
    assert shown["drift"] == [] and "src/lib/library/report.py" in str(shown["files"])


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_the_way_back_gives_the_same_project(home: Copy, architecture: str) -> None:
    project = home(architecture)
    grow(project, "add", "reaction", "reviews", "catalog.book.deleted")
    before = {
        path: content
        for path, content in project.files().items()
        if path != "archgen.yaml"
    }
    said = rename(project)
    assert (
        "tables stay in catalog" in said
        and "events catalog.* are library.* from now on" in said
    )
    assert ("the part catalog keeps its name" in said) == (architecture != "monolith")
    assert (
        "reviews" in said or architecture == "monolith" or "by another path" not in said
    )
    grow(project, "rename", "module", "library", "catalog")
    after = project.files()
    assert before == {
        path: content for path, content in after.items() if path != "archgen.yaml"
    }
    assert "stored_as" not in project.read("archgen.yaml")


def test_a_module_that_was_renamed_is_dropped_from_where_it_is_kept(home: Copy) -> None:
    project = home()
    grow(project, "add", "field", "reviews.review.stars", "--set", "type=integer")
    rename(project)
    grow(project, "remove", "module", "library", "--cascade")
    taken = project.archgen(
        "add", "module", "catalog", "--set", "entities.tome.fields.title.type=string"
    )
    assert taken.code == 3 and "archgen contract library" in taken.err
    grow(project, "contract", "library", "--yes")
    assert (
        'DROPPED: dict[str, tuple[str, ...]] = {"app": ("catalog",)}'
        in project.read("src/lib/apps/migrate.py")
    )


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("catlog", "library"), 2, "did you mean catalog?"),
        (("catalog", "reviews"), 2, "there is a module reviews already"),
        (("catalog", "class"), 2, "class"),
        (("accounts", "people"), 3, "comes with every project"),
        (("catalog.book", "people"), 2, "is not module"),
    ],
)
def test_a_name_of_a_module_that_will_not_do_is_refused(
    home: Copy, command: tuple[str, str], code: int, said: str
) -> None:
    project = home()
    done = project.archgen("rename", "module", *command)
    assert done.code == code and said in done.err, done.err
    assert project.git("status", "--porcelain") == ""


def test_a_name_under_which_another_module_is_kept_is_taken(home: Copy) -> None:
    project = home()
    rename(project)
    done = project.archgen(
        "add", "module", "catalog", "--set", "entities.tome.fields.title.type=string"
    )
    assert done.code == 2 and "kept under catalog already" in done.err


def test_a_module_with_files_keeps_its_name(home: Copy) -> None:
    project = home()
    grow(project, "add", "field", "catalog.book.cover", "--type", "file")
    done = project.archgen("rename", "module", "catalog", "library")
    assert done.code == 3 and "catalog.book.cover" in done.err


def test_a_preset_s_module_is_renamed_and_its_journey_stays(home: Copy) -> None:
    project = home(preset="crud")
    grow(project, "rename", "module", "items", "tasks")
    assert (project.folder / "tests/journey").exists()
    tested = project.pytest("tests/tasks", "tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]
