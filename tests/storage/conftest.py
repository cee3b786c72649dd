"""A small project on SQL, written once for these tests, and databases to try what it
does on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import postgres
from tests.support.projects import Project, new

ITEM = {
    "access": {"read": "owner", "write": "owner"},
    "unique": [["title", "owner"]],
    "fields": {
        "title": {"type": "string", "max_length": 80, "required": True},
        "done": {"type": "boolean", "default": False},
        "parent": {"type": "reference", "to": "items.item"},
    },
}
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Items that may have a parent, as a monolith; its package is `storage_lab`, and
    can be imported.
    """
    folder = tmp_path_factory.mktemp("storage")
    (folder / "answers.json").write_text(
        json.dumps({"modules": {"items": {"entities": {"item": ITEM}}}})
    )
    made = new(
        folder,
        "storage-lab",
        "--answers",
        str(folder / "answers.json"),
        "--architecture",
        "monolith",
    )
    sys.path.append(str(made.folder / "src"))
    return made


@pytest.fixture
def chassis(project: Project) -> Callable[[str], Any]:
    """`chassis("mechanism.sql")`: that module of the project's chassis."""
    return lambda name: import_module(f"storage_lab.chassis.{name}")


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database: SQLite, or with the real ones PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}"
    return str(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="module")
def postgresql(containers: None) -> Iterator[str]:
    with postgres() as url:
        yield f"{url}/postgres"
