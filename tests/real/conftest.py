"""One ecommerce monolith on its real servers, for all the tests of this folder."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.projects import Project, new
from tests.support.stack import Stack, lock


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, containers: None) -> Iterator[Stack]:
    """Up; under a name of its own, since containers are named for their project."""
    if folder := os.environ.get("OPS_STACK"):
        env = dict(l.split("=", 1) for l in Path(folder, ".env").read_text().splitlines() if "=" in l and l[0] != "#")
        yield Stack(Project(Path(folder), {"up": f"http://127.0.0.1:{env['HTTP_PORT']}"}))
        return
    name = f"shop-{secrets.token_hex(4)}"
    project = new(tmp_path_factory.mktemp("up"), name, "--preset", "ecommerce", "--architecture", "monolith")
    uv = Path(sys.prefix, "bin", "uv")
    if uv.exists():
        lock(project, uv)
    running = Stack(project)
    try:
        project.make("up")
        yield running
    finally:
        running.compose("--profile", "*", "down", "--volumes", "--rmi", "local", "--timeout", "2")
