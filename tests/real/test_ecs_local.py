"""The task definitions for ECS as containers: what they tell a process is what production takes, with a server by TLS for each part."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from tests.support.projects import new
from tests.support.stack import Stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
PARTS = ("accounts", "inventory", "orders", "payments")


def test_the_containers_of_the_template_start_migrate_and_answer(tmp_path: Path, containers: None) -> None:
    options = ("--preset", "ecommerce", "--architecture", "microservices", "--set", "stack.deployment=ecs")
    project = new(tmp_path, f"ecs-{secrets.token_hex(4)}", *options)
    stack = Stack(project, file="build/ecs-local.json")
    try:
        project.make("ecs-local")
        assert stack.ask("/health/ready").status == 200
        assert len(stack.ask("/.well-known/jwks.json").document["keys"]) == 1
        told = stack.compose("exec", "--no-TTY", "accounts", "env")
        assert "JWT_PEMS=" in told and "JWT_KEYS=" not in told  # the template's, and not those of make up
        assert "ORDERS_URL=http://orders.local.internal:8000" in told
        for part in PARTS:
            asked = stack.compose(
                "exec",
                "--no-TTY",
                f"{part}-postgres",
                "psql",
                "--username",
                "app",
                "--tuples-only",
                "--no-align",
                "--command",
                "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'app_rows'",
            )
            assert asked.strip() == "t", part  # it has a server of its own, and speaks to it by TLS alone
        assert " passed" in project.make("journey", f"URL={stack.url}")
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "2")
