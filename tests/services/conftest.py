"""The ecommerce preset as services, in this process; its package is `services_shop`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from tests.support.projects import Project, new


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("services")
    project = new(
        folder,
        "services-shop",
        "--preset",
        "ecommerce",
        "--architecture",
        "microservices",
    )
    sys.path.append(str(project.folder / "src"))
    return project


@pytest.fixture
def chassis(shop: Project) -> Callable[[str], Any]:
    """`chassis("client")`: that module of the mechanism."""
    return lambda name: import_module(f"services_shop.chassis.mechanism.{name}")
