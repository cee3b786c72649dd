"""One ecommerce monolith on its real servers, for all the tests of this folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from tests.support.projects import new
from tests.support.stack import Stack, up


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Stack]:
    """Up; under a name of its own, since containers are named for their project."""
    name = f"shop-{secrets.token_hex(4)}"
    project = new(
        tmp_path_factory.mktemp("up"),
        name,
        "--preset",
        "ecommerce",
        "--architecture",
        "monolith",
    )
    with up(project) as running:
        yield running
