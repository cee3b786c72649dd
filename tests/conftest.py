"""What all tests share: where a server or a tool is needed and missing, the test is
skipped, and in CI fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.support.samples import FEW, choose_few

if TYPE_CHECKING:
    from archgen.evidence.schema import Evidence

settings.register_profile(
    "archgen",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("archgen")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if FEW:
        items[:], left = choose_few(items)
        config.hook.pytest_deselected(items=left)


def missing(what: str) -> None:
    """Skip the test for lack of `what`; where ARCHGEN_REQUIRE_SERVERS is set, fail it."""
    if os.environ.get("ARCHGEN_REQUIRE_SERVERS"):
        pytest.fail(
            f"{what} is missing, and ARCHGEN_REQUIRE_SERVERS is set", pytrace=False
        )
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    from archgen.evidence.loader import load_evidence

    return load_evidence()


@pytest.fixture
def tool() -> Callable[[str], str]:
    """`tool("nginx")`: where that program is."""

    def find(name: str) -> str:
        path = shutil.which(name) or shutil.which(
            name, path="/usr/sbin:/usr/local/sbin:/sbin"
        )
        if path is None:
            missing(name)
        return str(path)

    return find


@pytest.fixture(scope="session")
def containers() -> None:
    """Docker with compose v2, running."""
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run(
            [docker, "compose", "ls"], capture_output=True, check=False
        ).returncode
        != 0
    ):
        missing("A running container engine with compose")
