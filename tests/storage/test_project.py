"""What a generated project's own checks and tests say of a mistake that its owner
makes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.projects import Project, environment

LEAKING = """
import asyncio
from pathlib import Path

from storage_lab.apps.alembic.migrate import upgrade
from storage_lab.chassis.mechanism.sql import Database


def test_one_is_two(tmp_path: Path) -> None:
    async def story() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path}")
        await upgrade(database, ["items"])
        assert 1 == 2

    asyncio.run(story())
"""
KNOTTED = """
from tests.api import Api


def test_two_items_that_are_each_others_parent(staff: Api) -> None:
    one = staff.create("/api/items", {"title": "one"})
    two = staff.create("/api/items", {"title": "two", "parent": one["id"]})
    staff.patch(f"/api/items/{one['id']}", json={"parent": two["id"]})
"""
LATER = """
from tests.api import Api


def test_an_item_refers_to_one_that_was_made_later(staff: Api) -> None:
    one = staff.create("/api/items", {"title": "one"})
    two = staff.create("/api/items", {"title": "two"})
    staff.patch(f"/api/items/{one['id']}", json={"parent": two["id"]})


def test_nothing_is_left(staff: Api) -> None:
    assert staff.every("/api/items") == []
"""


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Path:
    return Path(shutil.copytree(project.folder, tmp_path / "copy"))


def run(folder: Path, *command: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", *command]
        if command[0] == "pytest"
        else [Path(sys.prefix, "bin", command[0]), *command[1:]],
        cwd=folder,
        env={**environment(), "PYTHONPATH": "src", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_new_module_is_held_to_the_borders_too(copy: Path) -> None:
    assert run(copy, "lint-imports", "--no-logo")[0] == 0
    module = copy / "src" / "storage_lab" / "extra"
    module.mkdir()
    (module / "__init__.py").write_text('"""New."""\n')
    (module / "service.py").write_text(
        'from storage_lab.items.repository import items\n\n__all__ = ["items"]\n'
    )
    status, said = run(copy, "lint-imports", "--no-logo")
    assert status == 1 and "extra" in said
    project = copy / "pyproject.toml"
    project.write_text(
        project.read_text().replace("accounts | items", "accounts | extra | items")
    )
    status, said = run(copy, "lint-imports", "--no-logo")
    assert (
        status == 1
        and "storage_lab.extra is not allowed to import storage_lab.items" in said
    )


def test_why_a_test_of_something_async_failed_is_the_last_thing_said(
    copy: Path,
) -> None:
    (copy / "tests" / "test_leaking.py").write_text(LEAKING)
    status, said = run(copy, "pytest", "tests/test_leaking.py")
    assert status == 1 and "assert 1 == 2" in said.splitlines()[-2] + said
    assert (
        "pluggy/" not in said
        and "Traceback" not in said.partition("short test summary")[2]
    )


def test_tests_pass_where_hypothesis_is_there_and_none_of_them_uses_it(
    project: Project,
) -> None:
    """Its plugin imports it in the end, when a warning is an error."""
    code, said = run(
        project.folder, "pytest", "-q", "-p", "no:schemathesis", "tests/items"
    )
    assert code == 0, said


def test_a_test_that_leaves_rows_behind_fails(copy: Path) -> None:
    (copy / "tests" / "test_knotted.py").write_text(KNOTTED)
    (copy / "tests" / "test_later.py").write_text(LATER)
    status, said = run(copy, "pytest", "tests/test_later.py", "tests/test_knotted.py")
    assert status == 1 and "3 passed, 1 error" in said
    assert "the test leaves rows that cannot be deleted" in said


def test_a_list_without_its_index_is_refused_by_the_tests_and_by_the_migration(
    copy: Path,
) -> None:
    domain = copy / "src" / "storage_lab" / "items" / "domain.py"
    domain.write_text(
        domain.read_text().replace(
            "(Listing(),)", '(Listing(), Listing(("done",), "title"))'
        )
    )
    for command in (["pytest", "tests/items"], ["pytest", "tests/test_tables.py"]):
        status, said = run(copy, *command)
        assert (
            status != 0
            and 'add sa.Index(..., "done", "title", "id"), and migrate' in said
        )
    repository = domain.with_name("repository.py")
    index = '    sa.Index("ix_done_title", "done", "title", "id"),\n    sa.Index("ix_mine", "owner_id", "done", "title", "id"),\n)\ncheck'
    repository.write_text(repository.read_text().replace(")\ncheck", index, 1))
    status, said = run(copy, "pytest", "tests/test_tables.py")
    assert status == 1 and "write a migration" in said


@pytest.mark.real
def test_a_module_asks_its_own_tables_on_postgresql_too(
    copy: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "TEST_DATABASE_URL", postgresql)
    status, said = run(copy, "pytest", "-v", "tests/test_own_sql.py")
    assert status == 0 and "[postgresql] PASSED" in said, said
