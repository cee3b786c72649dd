"""The owner of a project changes a module's tables, and `make migration` writes what has to happen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.projects import Project, new

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]
COLUMN = '    sa.Column("title", sa.Text(), nullable=False),\n'
ADDED = """\
    sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("weight", Money(3), nullable=True),
    sa.Column("seen_at", UtcDateTime(), nullable=True),
    sa.Column("colour", line(30), nullable=True),
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = new(tmp_path, "shop", "--preset", "crud", "--architecture", "monolith")
    made.make("migrate")
    return made


def add(project: Project, columns: str) -> None:
    repository = project.folder / "src/shop/items/repository.py"
    text = repository.read_text().replace(COLUMN, COLUMN + columns)
    for names in ("Database, UtcDateTime, handled_table", "Database, UtcDateTime, line, handled_table"):
        text = text.replace(f"import {names}", "import Database, Money, UtcDateTime, handled_table, line")
    repository.write_text(text)


def test_new_columns_of_the_chassis_own_types_become_a_migration_that_runs(project: Project) -> None:
    add(project, ADDED)
    project.make("migration", "MODULE=items", "NAME=more of an item")
    (written,) = (project.folder / "src/shop/items/migrations").glob("*more_of_an_item.py")
    text = written.read_text()
    assert "Money(3)" in text and "line(30)" in text and "server_default=sa.false()" in text
    project.make("migrate")
    assert "Nothing changed" in project.make("migration", "MODULE=items", "NAME=again")


def test_a_column_that_rows_could_not_take_is_refused_with_what_to_do(project: Project) -> None:
    add(project, '    sa.Column("hidden", sa.Boolean(), nullable=False),\n')
    with pytest.raises(AssertionError, match=r"items\.hidden: the rows that are there need a value"):
        project.make("migration", "MODULE=items", "NAME=hidden")
    assert len(list((project.folder / "src/shop/items/migrations").glob("*.py"))) == 1


def test_a_module_that_is_not_there_is_named_beside_those_that_are(project: Project) -> None:
    with pytest.raises(AssertionError, match="There is no module nope with tables; there are accounts, items"):
        project.make("migration", "MODULE=nope", "NAME=x")
