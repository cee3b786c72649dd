"""Rows that are there come through each new migration, up and down, on each database
that migrates.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.growth.conftest import Home
from tests.support.postgres import postgres

from archgen.generator import load_record
from archgen.growth.growing import grow
from archgen.growth.record.migrations import read_migrations
from archgen.growth.record.records import Wanted, follow, own_answers
from archgen.growth.trees.owner import Project

Copy = Callable[..., Home]
# Types of which a row that its writer does not say the field of gets the value from the
# database.
ALIKE: dict[str, tuple[dict[str, Any], Any]] = {
    "a_string": ({"type": "string"}, 'it\'s 100 % "new"'),
    "a_text": ({"type": "text"}, "two\nlines"),
    "an_email": ({"type": "email"}, "ann@example.com"),
    "a_url": ({"type": "url"}, "https://example.com/"),
    "an_integer": ({"type": "integer", "indexed": True}, -7),
    "a_number": ({"type": "number"}, 1.5),
    "a_boolean": ({"type": "boolean"}, True),
    "a_date": ({"type": "date", "indexed": True}, "2024-05-01"),
    "a_uuid": ({"type": "uuid"}, "11111111-1111-4111-8111-111111111111"),
    "an_enum": ({"type": "enum", "values": ["old", "new"]}, "old"),
    "a_json": ({"type": "json"}, {"a": ["<b>", 1]}),
    "a_zero": ({"type": "decimal"}, "0.00"),
}
OTHERS: dict[str, tuple[dict[str, Any], Any]] = {
    "a_decimal": ({"type": "decimal", "scale": 3}, "9.950"),
    "a_datetime": ({"type": "datetime"}, "2024-05-01T12:00:00Z"),
    "a_zoned_datetime": ({"type": "zoned_datetime"}, "2024-05-01T12:00:00+02:00"),
    "a_duration": ({"type": "duration"}, "PT1H30M"),
}
MOVE = """
import asyncio, datetime, json, sys
from decimal import Decimal
from uuid import UUID
import sqlalchemy as sa
from alembic import command
from lib.apps.alembic.migrate import run, upgrade
from lib.catalog import repository
from lib.chassis.mechanism.sql import Database

url, steps = sys.argv[1], json.loads(sys.argv[2])
books = repository.books
AT = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

async def main():
    database = Database(url)
    told = []
    for step in steps:
        if step == "head":
            await upgrade(database, ["catalog"])
        elif step.startswith("up "):
            await run(database, "catalog", lambda config: command.upgrade(config, step[3:]))
        elif step.startswith("down "):
            await run(database, "catalog", lambda config: command.downgrade(config, step[5:]))
        elif step.startswith("add "):
            row = {"id": UUID(int=int(step[4:])), "version": 1, "created_at": AT, "updated_at": AT, "title": step, "price": Decimal(5)}
            async with database.module("catalog").begin() as connection:
                await connection.execute(sa.insert(books).values(row))
        else:
            names = step.split()[1].split(",")
            async with database.module("catalog").connect() as connection:
                rows = await connection.execute(sa.select(*(books.c[name] for name in names)).order_by(books.c.id))
                told.append([{name: repr(value) for name, value in row.items()} for row in rows.mappings()])
    await database.close()
    print(json.dumps(told))

asyncio.run(main())
"""


def add_all(home: Home, fields: dict[str, tuple[dict[str, Any], Any]]) -> None:
    """All of these fields by one change, each with its value for rows that are there."""
    project = Project.at(home.folder)
    answers = own_answers(project.record)
    there = answers["modules"]["catalog"]["entities"]["book"]["fields"]
    values = {}
    for name, (spec, value) in fields.items():
        there[name] = {**spec, "required": True}
        values[f"catalog.book.{name}"] = value
    wanted = Wanted(answers, "add " + ", ".join(fields), values)
    record = follow(
        project.record,
        wanted,
        lambda module: read_migrations(project.root, "lib", module),
    )
    assert grow(project, "add", record).conflicts == ()
    home.commit()


def move(home: Home, url: str, *steps: str, script: str = MOVE) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script, url, json.dumps(steps)],
        cwd=home.folder,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def come_through(home: Home, url: str) -> None:
    """Rows before, between and after two revisions; those before have the values that
    were said.
    """
    add_all(home, ALIKE)
    add_all(home, OTHERS)
    old, alike, others = "title,price", ",".join(ALIKE), ",".join(OTHERS)
    before, filled, first, last, back, again = move(
        home, url, "up catalog_0001", "add 1", "add 2", f"tell {old}",
        "up catalog_0002", "add 3", f"tell {alike}", "head", f"tell {alike}", f"tell {others}",
        "down catalog_0001", f"tell {old}", "head", f"tell {old},{alike},{others}",
    )  # fmt: skip
    assert len(before) == 2 and len(back) == len(again) == 3
    assert back[:2] == before, "downgrading leaves rows as they were"
    assert filled[0] == filled[2], (
        "who does not know the fields writes what rows before them got"
    )
    assert first == filled
    assert [{name: row[name] for name in (*ALIKE, *OTHERS)} for row in again] == [
        {**one, **other} for one, other in zip(first, last, strict=True)
    ]
    assert first[0]["a_string"] == repr('it\'s 100 % "new"') and first[0][
        "a_text"
    ] == repr("two\nlines")
    assert (
        first[0]["a_json"] == repr({"a": ["<b>", 1]})
        and first[0]["a_boolean"] == "True"
    )
    assert first[0]["an_integer"] == "-7" and first[0]["a_zero"] == "Decimal('0.00')"
    assert (
        first[0]["a_date"] == "datetime.date(2024, 5, 1)"
        and "11111111-1111-4111-8111" in first[0]["a_uuid"]
    )
    assert (
        last[0]["a_decimal"] == "Decimal('9.950')"
        and last[0]["a_duration"] == "datetime.timedelta(seconds=5400)"
    )
    assert (
        "2024, 5, 1, 12, 0" in last[0]["a_datetime"]
        and "seconds=7200" in last[0]["a_zoned_datetime"]
    )


def test_rows_of_sqlite_come_through(home: Copy, tmp_path: Path) -> None:
    come_through(home(), f"sqlite+aiosqlite:///{tmp_path}/data")


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_come_through(home: Copy) -> None:
    with postgres() as url:
        come_through(home(), f"{url}/postgres".replace("+asyncpg", ""))


def test_a_revision_of_several_things_goes_up_and_down_with_rows(
    home: Copy, tmp_path: Path
) -> None:
    project = home()
    for command in (
        (
            "add",
            "entity",
            "catalog.author",
            "--set",
            "fields.name={type: string, required: true, unique: true}",
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
            "catalog.book.tags",
            "--type",
            "references",
            "--set",
            "to=catalog.author",
        ),
        ("add", "field", "catalog.book.isbn", "--type", "string", "--unique"),
        ("add", "list", "catalog.book", "category,-price"),
    ):
        done = project.archgen(*command)
        assert done.code == 0, done.err
        project.commit()
    url = f"sqlite+aiosqlite:///{tmp_path}/data"
    before, after, back = move(
        project, url, "up catalog_0001", "add 1", "tell title,price", "head", "add 2", "tell title,price,author,isbn",
        "down catalog_0001", "tell title,price",
    )  # fmt: skip
    assert back[:1] == before and [row["author"] for row in after] == ["None", "None"]
    tested = project.pytest("tests/test_tables.py", "tests/catalog")
    assert tested.returncode == 0, tested.stdout[-3000:]


def keep_rows(project: Home, url: str) -> None:
    for command in (
        ("add", "list", "catalog.book", "category,-price"),
        ("rename", "field", "catalog.book.price", "amount"),
        ("rename", "field", "catalog.book.title", "heading"),
    ):
        done = project.archgen(*command)
        assert done.code == 0, done.err
        project.commit()
    said = load_record(project.folder / "archgen.yaml")["answers"]["modules"][
        "catalog"
    ]["entities"]["book"]
    assert said["lists"] == [["category", "-amount"]] and list(said["fields"])[:2] == [
        "heading",
        "amount",
    ]
    script = MOVE.replace('"title": step, "price"', '"heading": step, "amount"')
    before, after = move(
        project, url, "head", "add 1", "tell heading,amount", "down catalog_0002", "head", "tell heading,amount",
        script=script,
    )  # fmt: skip
    assert before == after == [{"heading": repr("add 1"), "amount": "Decimal('5.00')"}]


def test_rows_keep_what_is_in_a_field_that_is_renamed(
    home: Copy, tmp_path: Path
) -> None:
    project = home()
    keep_rows(project, f"sqlite+aiosqlite:///{tmp_path}/data")
    tested = project.pytest("tests/test_tables.py", "tests/catalog")
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.real
@pytest.mark.usefixtures("containers")
def test_rows_of_postgresql_keep_what_is_in_a_field_that_is_renamed(home: Copy) -> None:
    with postgres() as url:
        keep_rows(home(), f"{url}/postgres".replace("+asyncpg", ""))
