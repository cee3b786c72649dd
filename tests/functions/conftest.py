"""Projects of functions, written once for these tests, and moto in place of AWS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project, new

# where so much is related, the advice is PostgreSQL
DYNAMODB = ("--set", "stack.database=dynamodb")
POSTGRESQL = ("--set", "stack.database=postgresql")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The ecommerce preset as functions; its package is `functions_shop`, and can be
    imported.
    """
    folder = tmp_path_factory.mktemp("functions")
    project = new(
        folder,
        "functions-shop",
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        *DYNAMODB,
    )
    sys.path.append(str(project.folder / "src"))
    return project


@pytest.fixture(scope="session")
def sql_shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same on PostgreSQL; its package is `functions_sql`, and can be imported."""
    folder = tmp_path_factory.mktemp("functions")
    project = new(
        folder,
        "functions-sql",
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        *POSTGRESQL,
    )
    sys.path.append(str(project.folder / "src"))
    return project


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The social preset as functions, whose posts have files; its package is
    `functions_media`, and can be imported.
    """
    folder = tmp_path_factory.mktemp("functions")
    project = new(
        folder,
        "functions-media",
        "--preset",
        "social",
        "--architecture",
        "serverless",
        *DYNAMODB,
    )
    sys.path.append(str(project.folder / "src"))
    return project


@pytest.fixture
def chassis(shop: Project) -> Callable[[str], Any]:
    """`chassis("mechanism.functions")`: that module of the project's chassis."""
    return lambda name: import_module(f"functions_shop.chassis.{name}")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with import_module("moto").mock_aws():
        yield


@pytest.fixture
def keys(shop: Project, tmp_path: Path) -> Path:
    """A folder with a signing key."""
    folder = tmp_path / "keys"
    import_module("functions_shop.accounts.keys").make_key(folder)
    return folder
