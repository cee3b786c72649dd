"""A field that says something else, and an entity that is called otherwise: rows come
through, old code runs beside.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.growth.conftest import Home
from tests.growth.test_removing import AUTHOR, BOOK, Version, grow, row, version
from tests.support.postgres import postgres

Copy = Callable[..., Home]
__all__ = ["version"]


def change_fields(
    project: Home, version: Callable[[Home, str], Version], url: str
) -> None:
    grow(
        project,
        "add",
        "field",
        "catalog.book.code",
        "--type",
        "string",
        "--set",
        "max_length=10",
    )
    first = version(project, url)
    first.do(("up",), ("add", BOOK, [row(1, title="One", price="1.00", code="short")]))
    grow(project, "change", "field", "catalog.book.code", "--set", "max_length=20")
    wide = version(project, url)
    wide.do(("up",), ("add", BOOK, [row(2, title="Two", price="2.00", code="x" * 20)]))
    assert len(first.do(("read", BOOK))[0]) == 2, "who takes less reads more"

    lacking = project.archgen(
        "change", "field", "catalog.book.category", "--set", "required=true"
    )
    assert lacking.code == 2 and "--value novel" in lacking.err
    said = grow(
        project,
        "change",
        "field",
        "catalog.book.category",
        "--set",
        "required=true",
        "--value",
        "essay",
    )
    assert "archgen contract catalog.book.category" in said
    grow(project, "change", "field", "catalog.book.code", "--set", "max_length=8")
    mid = version(project, url)
    mid.do(("up",))
    (read,) = mid.do(("read", BOOK))
    assert [(one["category"], len(one["code"])) for one in read] == [
        (None, 5),
        (None, 20),
    ]
    wide.do(("add", BOOK, [row(3, title="Three", price="3.00", code="y" * 12)]))
    assert project.archgen("status", "--json").document["waiting"] == [
        "catalog.book.category",
        "catalog.book.code",
    ]

    grow(project, "contract", "catalog.book.category", "--yes")
    new = version(project, url)
    new.do(
        ("up",), ("add", BOOK, [row(4, title="Four", price="4.00", category="novel")])
    )
    (read,) = mid.do(("read", BOOK))
    assert [one["category"] for one in read] == ["essay", "essay", "essay", "novel"]
    new.do(("down", "catalog_0003"), ("up",))


@pytest.mark.long
def test_rows_of_sqlite_come_through_fields_that_change(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    change_fields(project, version, f"sqlite+aiosqlite:///{tmp_path}/data")
    tested = project.pytest("tests/test_tables.py", "tests/catalog")
    assert tested.returncode == 0, tested.stdout[-3000:]
    grow(project, "contract", "--yes")
    tested = project.pytest("tests/test_tables.py", "tests/catalog")
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_come_through_fields_that_change(
    home: Copy, version: Callable[[Home, str], Version]
) -> None:
    with postgres() as url:
        change_fields(home(), version, f"{url}/postgres".replace("+asyncpg", ""))


def rename_links(
    project: Home, version: Callable[[Home, str], Version], url: str
) -> None:
    """A field that refers to several, within the module and to another."""
    grow(
        project,
        "add",
        "entity",
        "catalog.author",
        "--set",
        "fields.name={type: string, required: true}",
    )
    grow(
        project,
        "add",
        "field",
        "catalog.book.editors",
        "--type",
        "references",
        "--set",
        "to=catalog.author",
    )
    old = version(project, url)
    ann = row(1, name="Ann")
    old.do(
        ("up",),
        ("add", AUTHOR, [ann]),
        ("add", BOOK, [row(2, title="One", price="1.00", editors=[ann["id"]])]),
    )
    said = grow(project, "rename", "field", "catalog.book.editors", "makers")
    assert "stop it before" in said
    new = version(project, url)
    new.do(("up",))
    assert new.do(("read", BOOK))[0][0]["makers"] == [ann["id"]]
    grow(
        project,
        "add",
        "field",
        "catalog.book.editors",
        "--type",
        "references",
        "--set",
        "to=catalog.author",
    )
    again = version(project, url)
    again.do(
        ("up",),
        (
            "add",
            BOOK,
            [
                row(
                    3,
                    title="Two",
                    price="2.00",
                    editors=[ann["id"]],
                    makers=[ann["id"]],
                )
            ],
        ),
    )
    again.do(("down", "catalog_0003"))
    assert old.do(("read", BOOK))[0][0]["editors"] == [ann["id"]]


@pytest.mark.long
def test_rows_of_sqlite_come_through_a_table_of_links_that_is_renamed(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    rename_links(project, version, f"sqlite+aiosqlite:///{tmp_path}/data")
    tested = project.pytest("tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_come_through_a_table_of_links_that_is_renamed(
    home: Copy, version: Callable[[Home, str], Version]
) -> None:
    with postgres() as url:
        rename_links(home(), version, f"{url}/postgres".replace("+asyncpg", ""))


def test_a_change_that_rows_would_not_come_through_is_refused(home: Copy) -> None:
    project = home()
    for said, code, why in (
        (("title", "type=integer"), 3, "would mean something else"),
        (("price", "scale=3"), 3, "would mean something else"),
        (("category", "values=[novel]"), 3, "rows may have essay"),
        (("titel", "max_length=3"), 2, "did you mean title?"),
        (("title", "max_lenth=3"), 2, "max_length"),
    ):
        done = project.archgen(
            "change", "field", f"catalog.book.{said[0]}", "--set", said[1]
        )
        assert done.code == code and why in done.err, (said, done.err)
    assert project.archgen("change", "field", "catalog.book.title").code == 2
    assert project.git("status", "--porcelain") == ""
    more = grow(
        project,
        "change",
        "field",
        "catalog.book.category",
        "--set",
        "values=[novel, essay, poem]",
    )
    assert "cannot read rows with a new value" in more
    assert "the migration stops" in grow(
        project, "change", "field", "catalog.book.title", "--set", "unique=true"
    )
    assert "cannot read rows that lack it" in grow(
        project, "change", "field", "catalog.book.price", "--set", "required=false"
    )


def test_rows_of_a_key_value_database_are_not_made_to_fit(home: Copy) -> None:
    project = home("serverless")
    required = ("--set", "required=true", "--value", "novel")
    done = project.archgen("change", "field", "catalog.book.category", *required)
    assert done.code == 3 and "may lack it" in done.err, done.err
    grow(project, "change", "field", "catalog.book.title", "--set", "max_length=40")
    renamed = project.archgen("rename", "entity", "catalog.book", "tome")
    assert renamed.code == 3 and "found by the name" in renamed.err


def test_an_entity_is_called_otherwise_and_its_rows_stay(
    home: Copy, tmp_path: Path, version: Callable[[Home, str], Version]
) -> None:
    project = home()
    grow(project, "add", "field", "catalog.book.pages", "--type", "integer")
    grow(project, "add", "reaction", "reviews", "catalog.book.deleted")
    migrations = {
        path.name: path.read_text()
        for path in project.folder.glob("src/lib/catalog/migrations/*.py")
    }
    path = "tests/catalog/test_books.py"
    (project.folder / path).write_text(
        project.read(path)
        + "\n\ndef test_mine(staff: Api) -> None:\n    assert staff.get('/health/live').status_code == 200\n"
    )
    (project.folder / "src/lib/catalog/report.py").write_text("KIND = 'book'\n")
    project.commit()
    url = f"sqlite+aiosqlite:///{tmp_path}/data"
    old = version(project, url)
    old.do(("up",), ("add", BOOK, [row(1, title="One", price="1.00")]))
    said = grow(project, "rename", "entity", "catalog.book", "tome")
    assert "/api/books is /api/tomes" in said and "catalog.tome.*" in said
    assert "still names what is gone: src/lib/catalog/report.py:1" in said
    assert "def test_mine" in project.read("tests/catalog/test_tomes.py")
    assert not (project.folder / path).exists()
    assert migrations == {
        one.name: one.read_text()
        for one in project.folder.glob("src/lib/catalog/migrations/*.py")
    }
    new = version(project, url)
    tome = ("Tome", "tomes")
    new.do(("up",), ("add", tome, [row(2, title="Two", price="2.00")]))
    assert len(old.do(("read", BOOK))[0]) == len(new.do(("read", tome))[0]) == 2, (
        "both versions have all rows"
    )
    tested = project.pytest("tests/test_tables.py", "tests/catalog", "tests/reviews")
    assert tested.returncode == 0, tested.stdout[-3000:]
    grow(project, "add", "field", "catalog.tome.isbn", "--type", "string")
    later = version(project, url)
    later.do(
        ("up",),
        ("add", tome, [row(3, title="Three", price="3.00", isbn="x")]),
        ("down", "catalog_0003"),
        ("up",),
    )
    grow(project, "rename", "entity", "catalog.tome", "book")
    assert "books = sa.Table(" in project.read("src/lib/catalog/repository.py")
    tested = project.pytest("tests/test_tables.py")
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_an_entity_keeps_its_path_where_that_is_said(home: Copy) -> None:
    project = home("microservices")
    said = grow(
        project, "rename", "entity", "catalog.book", "tome", "--plural", "books"
    )
    assert "/api" not in said
    assert "class Tome(" in project.read("src/lib/catalog/domain.py")
    assert any(
        "/api/books" in one.read_text()
        for one in project.folder.glob("deploy/nginx/**/*")
        if one.is_file()
    )
    taken = project.archgen("rename", "entity", "catalog.tome", "review")
    assert taken.code == 2 and "review" in taken.err
