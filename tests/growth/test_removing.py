"""What is removed leaves the code first and the database later: old and new code run
side by side, and rows come through.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.growth.conftest import Home
from tests.support.postgres import postgres

from archgen.generator import load_record, preview

Copy = Callable[..., Home]
# Rows are written and read as the code of a folder does it, whatever version of it that
# is.
ROWS = """
import asyncio, json, sys
from uuid import UUID
import sqlalchemy as sa
from alembic import command
from pydantic import TypeAdapter
from lib.apps.alembic.migrate import run, upgrade
from lib.catalog import domain, repository
from lib.chassis.mechanism.no_cache import NoCache
from lib.chassis.mechanism.sql import Database

url, steps = sys.argv[1], json.loads(sys.argv[2])

async def main():
    database = Database(url)
    told = []
    relay = [None] if hasattr(repository.CatalogUnitOfWork, "outbox") else []  # a unit that publishes nothing needs none
    for step, *given in steps:
        if step == "up":
            await upgrade(database, ["catalog"])
        elif step == "down":
            await run(database, "catalog", lambda config: command.downgrade(config, given[0]))
        else:
            unit = repository.CatalogUnitOfWork(database, NoCache(), *relay)
            kind, plural = given[0]
            rows = getattr(unit, plural)
            adapter = TypeAdapter(getattr(domain, kind))
            if step == "add":
                base = {"version": 1, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
                for row in given[1]:
                    rows.add(adapter.validate_python({**base, **row}))
                await unit.commit()
            elif step == "remove":
                rows.delete(await rows.get(UUID(given[1])))
                await unit.commit()
            else:
                found = await rows.rows(sa.select(rows._table).order_by(rows._table.c.id))
                told.append([json.loads(adapter.dump_json(one)) for one in found])
    await database.close()
    print(json.dumps(told))

asyncio.run(main())
"""
BOOK, AUTHOR = ("Book", "books"), ("Author", "authors")


@dataclass(frozen=True)
class Version:
    """The code as it was at some time, on a database; `module`: what it calls the
    module of the rows.
    """

    folder: Path
    url: str
    module: str = "catalog"

    def do(self, *steps: Sequence[Any]) -> Any:
        code = ROWS.replace("catalog", self.module).replace(
            "Catalog", self.module.capitalize()
        )
        done = subprocess.run(
            [sys.executable, "-c", code, self.url, json.dumps(steps)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"00000000-0000-7000-8000-{number:012}", **fields}


def grow(project: Home, *command: str) -> str:
    done = project.archgen(*command)
    assert done.code == 0, done.err
    project.commit()
    return done.err


@pytest.fixture
def version(tmp_path: Path) -> Callable[[Home, str], Version]:
    """The code as it is now, kept beside."""
    count = iter(range(100))

    def keep(project: Home, url: str) -> Version:
        folder = tmp_path / f"version{next(count)}" / "lib"
        shutil.copytree(project.folder, folder, symlinks=True)
        return Version(folder, url)

    return keep


def remove_fields(
    project: Home, version: Callable[[Home, str], Version], url: str
) -> None:
    grow(project, "add", "field", "catalog.book.pages", "--type", "integer")
    grow(project, "add", "list", "catalog.book", "category,-price")
    old = version(project, url)
    old.do(
        ("up",), ("add", BOOK, [row(1, title="One", price="1.50", category="novel")])
    )
    refused = project.archgen("remove", "field", "catalog.book.price")
    assert (
        refused.code == 3
        and "catalog.book.lists category,-price" in refused.err
        and "--cascade" in refused.err
    )
    said = grow(project, "remove", "field", "catalog.book.price", "--cascade")
    assert "removed with it: catalog.book.lists category,-price" in said
    assert "archgen contract catalog.book.price" in said
    grow(project, "remove", "field", "catalog.book.title")
    grow(project, "remove", "field", "catalog.book.category")
    mid = version(project, url)
    mid.do(("up",), ("add", BOOK, [row(2)]))
    old.do(("add", BOOK, [row(3, title="Three", price="3.00")]))
    (by_old,) = old.do(("read", BOOK))
    assert [(one["title"], one["price"], one["category"]) for one in by_old] == [
        ("One", "1.50", "novel"),
        ("", "0.00", None),
        ("Three", "3.00", None),
    ], "both versions write rows, and the old one reads all of them"
    (by_mid,) = mid.do(("read", BOOK))
    assert [set(one) & {"title", "price", "category"} for one in by_mid] == [set()] * 3
    mid.do(("down", "catalog_0003"))
    assert old.do(("read", BOOK)) == [by_old], "the way back leaves rows as they are"
    mid.do(("up",))

    waiting = project.archgen("status", "--json").document["waiting"]
    assert waiting == [
        f"catalog.book.{name}" for name in ("price", "title", "category")
    ]
    lost = project.archgen("contract", "catalog.book.price", "--no-input")
    assert (
        lost.code == 2
        and "--yes" in lost.err
        and project.git("status", "--porcelain") == ""
    )
    grow(project, "contract", "catalog.book.price", "--yes")
    grow(project, "contract", "--yes")
    new = version(project, url)
    new.do(("up",), ("add", BOOK, [row(4)]))
    mid.do(("add", BOOK, [row(5)]))
    assert len(mid.do(("read", BOOK))[0]) == len(new.do(("read", BOOK))[0]) == 5, (
        "who let go of columns needs none of them"
    )
    new.do(("down", "catalog_0003"))
    (back,) = old.do(("read", BOOK))
    assert [(one["title"], one["price"]) for one in back] == [("", "0.00")] * 5
    new.do(("up",))
    assert project.archgen("status", "--json").document["waiting"] == []


@pytest.mark.long
def test_rows_of_sqlite_come_through_fields_that_are_removed(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    remove_fields(project, version, f"sqlite+aiosqlite:///{tmp_path}/data")
    tested = project.pytest("tests/test_tables.py", "tests/catalog")
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_come_through_fields_that_are_removed(
    home: Copy, version: Callable[[Home, str], Version]
) -> None:
    with postgres() as url:
        remove_fields(home(), version, f"{url}/postgres".replace("+asyncpg", ""))


def remove_references(
    project: Home, version: Callable[[Home, str], Version], url: str
) -> None:
    for command in (
        (
            "add",
            "entity",
            "catalog.author",
            "--set",
            "fields.name={type: string, required: true}",
        ),
        (
            "add",
            "reference",
            "catalog.book.author",
            "--to",
            "catalog.author",
            "--indexed",
        ),
        (
            "add",
            "field",
            "catalog.book.editors",
            "--type",
            "references",
            "--set",
            "to=catalog.author",
        ),
    ):
        grow(project, *command)
    old = version(project, url)
    ann, bob = row(1, name="Ann"), row(2, name="Bob")
    old.do(
        ("up",),
        ("add", AUTHOR, [ann, bob]),
        (
            "add",
            BOOK,
            [row(3, title="One", price="1.00", author=ann["id"], editors=[bob["id"]])],
        ),
    )
    kind = project.archgen("remove", "reference", "catalog.book.title")
    assert kind.code == 2 and "is no reference" in kind.err
    used = project.archgen("remove", "entity", "catalog.author")
    assert used.code == 3 and "catalog.book.author; catalog.book.editors" in used.err
    said = grow(project, "remove", "entity", "catalog.author", "--cascade")
    assert "removed with it: catalog.book.editors" in said
    mid = version(project, url)
    mid.do(("up",), ("add", BOOK, [row(4, title="Two", price="2.00")]))
    old.do(
        (
            "add",
            BOOK,
            [
                row(
                    5,
                    title="Three",
                    price="3.00",
                    author=bob["id"],
                    editors=[ann["id"]],
                )
            ],
        ),
        ("add", AUTHOR, [row(6, name="Cid")]),
    )
    (books,) = old.do(("read", BOOK))
    assert [(one["author"], one["editors"]) for one in books] == [
        (ann["id"], [bob["id"]]), (None, []), (bob["id"], [ann["id"]]),
    ]  # fmt: skip
    mid.do(("remove", BOOK, row(3)["id"]))
    mid.do(("down", "catalog_0004"))
    (books,) = old.do(("read", BOOK))
    assert [(one["author"], one["editors"]) for one in books] == [
        (None, []),
        (bob["id"], [ann["id"]]),
    ]
    mid.do(("up",))
    grow(project, "contract", "--yes")
    new = version(project, url)
    new.do(("up",), ("add", BOOK, [row(7, title="Four", price="4.00")]))
    assert len(mid.do(("read", BOOK))[0]) == 3
    new.do(("down", "catalog_0004"))
    assert old.do(("read", AUTHOR)) == [[]] and len(old.do(("read", BOOK))[0]) == 3
    new.do(("up",))


@pytest.mark.long
def test_rows_of_sqlite_come_through_an_entity_and_references_that_are_removed(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    remove_references(project, version, f"sqlite+aiosqlite:///{tmp_path}/data")
    tested = project.pytest("tests/test_tables.py", "tests/catalog")
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_come_through_an_entity_and_references_that_are_removed(
    home: Copy, version: Callable[[Home, str], Version]
) -> None:
    with postgres() as url:
        remove_references(home(), version, f"{url}/postgres".replace("+asyncpg", ""))


@pytest.mark.few(2)
@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_what_was_added_and_is_removed_again_leaves_nothing_in_the_code(
    home: Copy, architecture: str
) -> None:
    project = home(architecture)
    before = {path for path, _ in preview(load_record(project.folder / "archgen.yaml"))}
    for name, value in (("field", "catalog.book.pages"), ("module", "clubs")):
        more = (
            ("--type", "integer")
            if name == "field"
            else ("--set", "entities.club.fields.name.type=string")
        )
        grow(project, "add", name, value, *more)
    grow(project, "add", "reaction", "clubs", "catalog.book.deleted")
    grow(project, "remove", "reaction", "clubs", "catalog.book.deleted")
    grow(project, "remove", "field", "catalog.book.pages", "--yes")
    assert "pages" not in project.read("src/lib/catalog/domain.py")
    grow(project, "remove", "module", "clubs", "--yes")
    assert not (project.folder / "src/lib/clubs").exists()
    record = load_record(project.folder / "archgen.yaml")
    assert project.archgen("status", "--json").document["files"] == {}
    after = {path for path, _ in preview(record)}
    assert (
        {path for path in after - before if "/migrations/" not in path}
        == set()
        == before - after
    )


def test_an_outbox_that_nobody_needs_any_more_is_dropped_later(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    grow(project, "add", "reaction", "reviews", "catalog.book.created")
    url = f"sqlite+aiosqlite:///{tmp_path}/data"
    old = version(project, url)
    said = grow(project, "remove", "reaction", "reviews", "catalog.book.created")
    assert "that wait" in said and "archgen contract catalog.outbox" in said
    new = version(project, url)
    new.do(("up",))
    old.do(("add", BOOK, [row(1, title="One", price="1.00")]))
    assert len(new.do(("read", BOOK))[0]) == 1
    grow(project, "contract", "catalog.outbox", "--yes")
    tested = project.pytest("tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_who_reacts_to_the_end_of_an_account_changes_no_migration(home: Copy) -> None:
    project = home()
    first = "src/lib/accounts/migrations/0001_initial.py"
    before = project.read(first)
    grow(project, "add", "reaction", "reviews", "accounts.account.deleted")
    assert project.read(first) == before
    grow(project, "remove", "reaction", "reviews", "accounts.account.deleted")
    assert project.read(first) == before
    tested = project.pytest("tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]


PLAIN = {
    "catalog": {
        "entities": {
            "book": {
                "access": {"read": "public", "write": "staff"},
                "fields": {
                    "note": {"type": "string"},
                    "title": {"type": "string", "required": True},
                },
            },
            "shelf": {
                "access": {"read": "public", "write": "staff"},
                "fields": {"name": {"type": "string", "required": True}},
            },
        }
    }
}


def test_what_the_database_need_not_let_go_of_is_no_migration_until_it_is_dropped(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home(modules=PLAIN)
    first = project.read("src/lib/catalog/migrations/0001_initial.py")
    url = f"sqlite+aiosqlite:///{tmp_path}/data"
    old = version(project, url)
    old.do(("up",), ("add", BOOK, [row(1, note="mine", title="One")]))
    for command in (
        ("remove", "field", "catalog.book.note"),
        ("remove", "entity", "catalog.shelf"),
    ):
        done = project.archgen(*command, "--json")
        assert done.code == 0 and done.document["migrations"] == [], done.err
        project.commit()
        assert project.read("src/lib/catalog/migrations/0001_initial.py") == first
    mid = version(project, url)
    mid.do(("up",), ("add", BOOK, [row(2, title="Two")]))
    assert [one["note"] for one in old.do(("read", BOOK))[0]] == ["mine", None]
    grow(project, "add", "field", "catalog.book.pages", "--type", "integer")
    grow(project, "contract", "--yes")
    assert project.read("src/lib/catalog/migrations/0001_initial.py") == first
    dropping = [
        path.read_text()
        for path in project.folder.glob("src/lib/catalog/migrations/0003*.py")
    ]
    assert 'drop_column("note")' in dropping[0] and 'drop_table("shelves")' in dropping[
        0
    ].replace("shelfs", "shelves")
    new = version(project, url)
    new.do(("up",), ("down", "catalog_0001"))
    assert [one["title"] for one in old.do(("read", BOOK))[0]] == ["One", "Two"]
    new.do(("up",))
    tested = project.pytest("tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_a_list_goes_with_its_index(home: Copy) -> None:
    project = home()
    grow(project, "add", "list", "catalog.book", "category,-price")
    wrong = project.archgen("remove", "list", "catalog.book", "category,price")
    assert wrong.code == 2 and "category,-price" in wrong.err
    grow(project, "remove", "list", "catalog.book", "category,-price")
    assert 'op.drop_index("ix_books_category_price"' in project.read(
        "src/lib/catalog/migrations/0003_remove_list_catalog_book_category_price.py"
    )
    assert project.archgen("status", "--json").document["waiting"] == []


def test_an_option_goes_with_its_files(home: Copy) -> None:
    project = home()
    grow(project, "add", "option", "cache", "valkey")
    grow(project, "add", "option", "worker")
    assert "valkey" in project.read("deploy/compose.yaml")
    grow(project, "remove", "option", "cache")
    grow(project, "remove", "option", "worker")
    assert "valkey" not in project.read("deploy/compose.yaml")
    for name, said in (
        ("cache", "has no cache"),
        ("worker", "no such extra"),
        ("wrker", "is no extra"),
    ):
        done = project.archgen("remove", "option", name)
        assert done.code == 2 and said in done.err


def test_what_the_owner_wrote_of_it_stays_and_is_named(home: Copy) -> None:
    project = home()
    project.edit(
        "src/lib/catalog/domain.py",
        "BOOK_LISTS",
        "def cheap(book: Book) -> bool:\n    return book.price < 5\n\n\nBOOK_LISTS",
    )
    (project.folder / "src/lib/catalog/report.py").write_text(
        'QUERY = "SELECT price FROM books"\n'
    )
    project.commit()
    done = project.archgen("remove", "field", "catalog.book.price", "--json")
    assert done.code == 0, done.err
    named = done.document["still_named"]
    assert 'src/lib/catalog/report.py:1: QUERY = "SELECT price FROM books"' in named
    assert any("return book.price < 5" in line for line in named) and len(named) == 2
    assert "return book.price < 5" in project.read("src/lib/catalog/domain.py")


def test_a_file_of_an_entity_that_its_owner_edited_is_a_conflict_and_is_there(
    home: Copy,
) -> None:
    project = home()
    grow(project, "add", "entity", "catalog.author", "--set", "fields.name.type=string")
    path = "tests/catalog/test_authors.py"
    (project.folder / path).write_text(
        project.read(path)
        + "\n\ndef test_mine(staff: Api) -> None:\n    assert staff.get('/health/live').status_code == 200\n"
    )
    project.commit()
    done = project.archgen("remove", "entity", "catalog.author")
    assert (
        done.code == 4
        and f"conflict: {path}: you changed or moved it, and archgen has it no more"
        in done.err
    )
    assert "def test_mine" in project.read(path)
    assert (
        project.archgen("remove", "--abort").code == 0
        and project.git("status", "--porcelain") == ""
    )


def test_what_was_removed_is_in_the_way_of_its_name_until_it_is_dropped(
    home: Copy,
) -> None:
    project = home()
    grow(project, "remove", "field", "catalog.book.category")
    again = ("add", "field", "catalog.book.category", "--type", "string")
    done = project.archgen(*again)
    assert done.code == 3 and "archgen contract catalog.book.category" in done.err
    assert "catalog.book.category" in project.archgen("status").out
    evolved = project.archgen("evolve", "--to", "microservices")
    assert evolved.code == 3 and "archgen contract" in evolved.err, (
        "another shape would drop it at once"
    )
    grow(project, "contract", "--yes")
    grow(project, *again)


def test_what_is_wrong_with_a_removal_is_told(home: Copy) -> None:
    project = home()
    for command, code, said in (
        (("field", "catalog.book.titel"), 2, "did you mean title?"),
        (("entity", "catalog.book"), 2, "archgen remove module catalog"),
        (("entity", "catalog.bok"), 2, "did you mean book?"),
        (("module", "catalog"), 3, "reviews.review.book"),
        (("reaction", "reviews", "catalog.book.deleted"), 2, "does not react"),
        (("option", "database"), 2, "is no extra"),
    ):
        done = project.archgen("remove", *command)
        assert done.code == code and said in done.err, (command, done.err)
    nothing = project.archgen("contract")
    assert nothing.code == 2 and "nothing was removed that waits" in nothing.err
    assert project.git("status", "--porcelain") == ""


def test_a_key_value_database_needs_no_migration_and_says_what_is_lost(
    home: Copy,
) -> None:
    project = home("serverless")
    asked = project.archgen("remove", "field", "catalog.book.title", "--no-input")
    assert asked.code == 2 and "lose it then" in asked.err
    done = project.archgen("remove", "field", "catalog.book.title", "--yes", "--json")
    assert done.code == 0 and done.document["migrations"] == []
    project.commit()
    assert project.archgen("status", "--json").document["waiting"] == []
    grow(project, "remove", "field", "catalog.book.category", "--yes")


def test_rows_of_a_key_value_database_keep_the_places_of_their_lists(
    home: Copy,
) -> None:
    modules = {
        "catalog": {
            "entities": {
                "book": {
                    "lists": [["title", "-pages"]],
                    "fields": {
                        "title": {"type": "string", "required": True},
                        "pages": {"type": "integer", "required": True},
                        "genre": {"type": "string", "indexed": True},
                    },
                }
            }
        }
    }
    project = home("serverless", modules=modules)
    first = project.archgen("remove", "field", "catalog.book.genre", "--yes")
    assert first.code == 3 and "title,-pages" in first.err
    grow(project, "remove", "list", "catalog.book", "title,-pages")
    grow(project, "remove", "field", "catalog.book.genre", "--yes")


def test_rows_of_a_key_value_database_that_a_reaction_would_not_find_are_not_passed_over(
    home: Copy,
) -> None:
    modules = {
        "catalog": {"entities": {"book": {"fields": {"title": {"type": "string"}}}}},
        "reviews": {
            "entities": {
                "review": {
                    "fields": {
                        "book": {"type": "reference", "to": "catalog.book"},
                        "note": {"type": "text"},
                    }
                }
            }
        },
    }
    project = home("serverless", modules=modules)
    done = project.archgen("add", "reaction", "reviews", "catalog.book.deleted")
    assert done.code == 3 and "no key by book" in done.err, done.err


def test_a_module_goes_with_its_routes_and_its_rows_go_later(
    home: Copy, tmp_path: Path
) -> None:
    project = home()
    grow(project, "remove", "module", "reviews")
    assert (
        not (project.folder / "src/lib/reviews").exists()
        and not (project.folder / "tests/reviews").exists()
    )
    assert not any(
        "reviews" in path.read_text()
        for path in project.folder.glob("deploy/**/*")
        if path.is_file()
    )
    assert project.archgen("status", "--json").document["waiting"] == ["reviews"]
    again = project.archgen(
        "add", "module", "reviews", "--set", "entities.note.fields.text.type=string"
    )
    assert again.code == 3 and "archgen contract reviews" in again.err
    last = project.archgen("remove", "module", "catalog")
    assert last.code == 2 and "only module" in last.err
    grow(project, "contract", "reviews", "--yes")
    assert (
        'DROPPED: dict[str, tuple[str, ...]] = {"app": ("reviews",)}'
        in project.read("src/lib/apps/migrate.py")
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "reviews.sqlite").write_bytes(b"")
    script = (
        "import asyncio, sys\nfrom lib.apps.alembic.dropping import drop\nfrom lib.chassis.mechanism.sql import Database\n"
        "asyncio.run(drop(Database(sys.argv[1]), ['reviews']))\n"
    )
    command = [sys.executable, "-c", script, f"sqlite+aiosqlite:///{tmp_path}/data"]
    subprocess.run(
        command, cwd=project.folder, env={**os.environ, "PYTHONPATH": "src"}, check=True
    )
    assert list((tmp_path / "data").iterdir()) == []
    grow(
        project,
        "add",
        "module",
        "reviews",
        "--set",
        "entities.note.fields.text.type=string",
    )
    assert not (project.folder / "src/lib/apps/alembic/dropping.py").exists()


def test_what_the_journey_of_a_preset_asks_for_goes_with_the_journey(
    home: Copy,
) -> None:
    project = home(preset="crud", modules={})
    grow(project, "add", "field", "items.item.due", "--type", "date")
    grow(project, "remove", "field", "items.item.due")
    assert (project.folder / "tests/journey").is_dir()
    said = grow(project, "remove", "field", "items.item.done")
    assert "journey" in said and not (project.folder / "tests/journey").exists()
    assert "journey:" not in project.read("Makefile")


def test_what_the_owner_imports_of_an_entity_that_is_gone_is_named(home: Copy) -> None:
    project = home()
    grow(project, "add", "entity", "catalog.author", "--set", "fields.name.type=string")
    (project.folder / "src/lib/report.py").write_text(
        "from lib.catalog.domain import AUTHOR_LISTS, Author\n"
    )
    project.commit()
    done = project.archgen("remove", "entity", "catalog.author", "--json")
    assert done.code == 0, done.err
    line = "src/lib/report.py:1: from lib.catalog.domain import AUTHOR_LISTS, Author"
    assert done.document["still_named"] == [line]


def test_what_the_owner_says_of_a_field_that_is_renamed_is_named(home: Copy) -> None:
    project = home()
    (project.folder / "src/lib/report.py").write_text(
        'QUERY = "SELECT price FROM books"\n'
    )
    project.commit()
    done = project.archgen("rename", "field", "catalog.book.price", "cost", "--json")
    assert done.document["still_named"] == [
        'src/lib/report.py:1: QUERY = "SELECT price FROM books"'
    ]
