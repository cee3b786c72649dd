"""`make cold-starts`: what each function takes to start and to answer first, and how
large it is, on either database.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.postgres import postgres
from tests.support.projects import Project, new
from tests.support.stack import lock_if_possible

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(900)]
PARTS = ("Accounts", "Inventory", "Orders", "Payments")
TWICE = "from {0}.local import cold_starts; cold_starts.STARTS = 2; import runpy; runpy.run_module('{0}.local.{1}', run_name='__main__')"


def told(project: Project, command: str) -> dict[str, list[float]]:
    """What the command prints of each function: start, first, cpu, clock, MB, size."""
    lock_if_possible(project)
    head, *lines = project.python(
        TWICE.format(project.folder.name.replace("-", "_"), command)
    ).splitlines()
    assert head.split() == ["start", "first", "cpu", "clock", "MB", "size", "imports"]
    assert f"$(PACKAGE).local.{command}" in (project.folder / "Makefile").read_text()
    sys.stdout.write("\n".join([head, *lines]))
    return {
        line.split()[0]: [float(each) for each in line.split()[1:7]] for line in lines
    }


def check(found: dict[str, list[float]], *more: str, size: float) -> None:
    """`size`: how many times as large as the bare one an event function's package may
    be.
    """
    functions = {
        f"{part}{kind}" for part in PARTS for kind in ("Function", "Background")
    }
    assert set(found) == {"bare", *functions, *more}
    assert all(figure > 0 for figures in found.values() for figure in figures)
    assert found["bare"][2:4] == [1, 1] and found["bare"][5] == 1
    for part in PARTS:
        *_, megabytes, ratio = found[f"{part}Background"]
        assert megabytes < found[f"{part}Function"][4], (
            "neither a web framework nor what verifies tokens"
        )
        assert ratio < size


def test_of_functions_on_dynamodb(tmp_path: Path) -> None:
    """Each answers its first call from its package and the runtime alone."""
    options = (
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    )
    check(told(new(tmp_path, "cold-keys", *options), "dynamodb_starts"), size=1.15)


def test_of_functions_on_postgresql(
    containers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a connection to the PostgreSQL that DATABASE_URL names, beside a function
    with asyncpg alone.
    """
    options = (
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=postgresql",
    )
    project = new(tmp_path, "cold-rows", *options)
    with postgres() as url:
        monkeypatch.setenv("DATABASE_URL", f"{url}/postgres")
        check(told(project, "sql_starts"), "Migration", size=1.75)
