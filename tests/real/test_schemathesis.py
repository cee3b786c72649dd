"""schemathesis finds no fault with the shop behind NGINX: PostgreSQL, Valkey, two copies, and what NGINX says itself."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from tests.real.test_monolith_up import compose, lock
from tests.support.contract import keeps_its_contract, member_of_staff
from tests.support.projects import new

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]


def test_what_is_answered_through_nginx_is_what_the_document_says(tmp_path: Path, containers: None) -> None:
    name = f"fuzzed-{secrets.token_hex(4)}"
    project = new(tmp_path, name, "--preset", "ecommerce", "--architecture", "monolith")
    with (project.folder / ".env").open("a") as env:
        env.write("RATE=5000\nLOGIN_RATE=5000\n")  # one address asks for everybody
    lock(project)
    try:
        project.make("up")
        url = project.urls["up"]
        keeps_its_contract(url, tmp_path, member_of_staff(project, url), looked_up=["POST /api/orders"])
    finally:
        compose(project, "down", "--volumes", "--rmi", "local", "--timeout", "2")
