"""A small project on SQL, written once for these tests, and databases to try what it does on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import postgres
from tests.support.projects import Project, new

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The crud preset as a monolith; its package is `storage_lab`, and can be imported."""
    made = new(tmp_path_factory.mktemp("storage"), "storage-lab", "--preset", "crud", "--architecture", "monolith")
    sys.path.append(str(made.folder / "src"))
    return made


@pytest.fixture
def chassis(project: Project) -> Callable[[str], Any]:
    """`chassis("sql")`: that module of the project's chassis."""
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
