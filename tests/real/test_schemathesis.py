"""schemathesis finds no fault with the shop behind NGINX: PostgreSQL, Valkey, two copies, and what NGINX says itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.contract import keeps_its_contract, member_of_staff
from tests.support.stack import Stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]


def test_what_is_answered_through_nginx_is_what_the_document_says(stack: Stack, tmp_path: Path) -> None:
    env = stack.project.folder / ".env"
    before = env.read_text()
    env.write_text(before + "RATE=5000\nLOGIN_RATE=5000\n")  # one address asks for everybody
    try:
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")
        token = member_of_staff(stack.project, stack.url)
        keeps_its_contract(stack.url, tmp_path, token, looked_up=["POST /api/orders"], links=False)
    finally:
        env.write_text(before)
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")
