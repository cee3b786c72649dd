"""`--verify` with the project's real make: what holds stays, what breaks the owner's
code or tests is taken back.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.samples.test_evolving import commit, own
from tests.support.owner import git
from tests.support.projects import ARCHGEN, Project, environment, new

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1800)]
FIELDS = '''"""What we rely on."""

from __future__ import annotations

from dataclasses import fields

from shop.items.domain import Item


def test_an_item_is_what_our_reports_know() -> None:
    ours = {"owner_id", "title", "done", "mood"}
    known = {"id", "version", "created_at", "updated_at"} | ours
    assert {field.name for field in fields(Item)} <= known
'''
MAKER = '''"""Items that we make ourselves."""

from __future__ import annotations

from .domain import Item


def reminder() -> Item:
    return Item(title="call back")
'''


@pytest.mark.parametrize(
    "venv", ["shared", pytest.param("own", marks=pytest.mark.long)]
)
def test_what_holds_stays_and_what_does_not_is_taken_back(
    venv: str, tmp_path: Path
) -> None:
    """An environment of the project's own is built by its make, from the package index."""
    project = new(
        tmp_path,
        "shop",
        "--preset",
        "crud",
        "--architecture",
        "monolith",
        "--set",
        "scope=mvp",
    )
    folder = project.folder
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "src/shop/items/reminders.py").write_text(MAKER)
    commit(folder)

    done = add(project, venv, "mood", "--type", "string", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"] is True
    assert (folder / ".venv").exists() == (venv == "own")
    (folder / "tests/items/test_ours.py").write_text(FIELDS)
    commit(folder)
    before = see(folder)

    done = add(project, venv, "size", "--type", "integer")
    assert done.returncode == 5 and "make test failed" in done.stderr, done.stderr
    assert "test_an_item_is_what_our_reports_know" in done.stderr
    assert see(folder) == before

    done = add(project, venv, "size", "--type", "integer", "--required", "--value", "1")
    assert done.returncode == 5 and "make check failed" in done.stderr, done.stderr
    assert (
        "reminders.py" in done.stderr and 'Missing named argument "size"' in done.stderr
    )
    assert see(folder) == before
    assert git(folder, "status", "--porcelain") == ""


def add(
    project: Project, venv: str, name: str, *flags: str
) -> subprocess.CompletedProcess[str]:
    """`archgen add field` as in a shell; with an environment that is not the project's
    own where that is said.
    """
    shell = {
        key: value
        for key, value in own().items()
        if key not in ("VENV", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL")
    }
    if venv == "shared":
        shell |= {key: environment()[key] for key in ("VENV", "MYPY_CACHE_DIR")}
    command = [
        *ARCHGEN,
        "add",
        "field",
        f"items.item.{name}",
        *flags,
        "--verify",
        "--no-input",
    ]
    return subprocess.run(
        command,
        cwd=project.folder,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )


def see(folder: Path) -> dict[str, bytes]:
    """All that git sees there, and what it is to see next."""
    listed = git(
        folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard"
    ).split("\0")
    return {
        path: (folder / path).read_bytes()
        for path in filter(None, listed)
        if os.path.isfile(folder / path)
    }
