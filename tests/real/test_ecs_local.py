"""The task definitions for ECS as containers: what they tell a process is what production takes, with its database by TLS."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from tests.support.projects import new
from tests.support.stack import Stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


def test_the_containers_of_the_template_start_migrate_and_answer(tmp_path: Path, containers: None) -> None:
    options = ("--preset", "ecommerce", "--architecture", "monolith", "--set", "stack.deployment=ecs")
    project = new(tmp_path, f"ecs-{secrets.token_hex(4)}", *options)
    stack = Stack(project)
    try:
        project.make("ecs-local")
        assert stack.ask("/health/ready").status == 200
        assert len(stack.ask("/.well-known/jwks.json").document["keys"]) == 1
        told = stack.compose("exec", "--no-TTY", "app", "env")
        assert "JWT_PEMS=" in told and "JWT_KEYS=" not in told  # the template's, and not those of make up
        encrypted = (
            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'app_rows' AND NOT ssl"
        )
        asked = stack.compose(
            "exec", "--no-TTY", "postgres", "psql", "--username", "app", "--tuples-only", "--command", encrypted
        )
        assert asked.strip() == "0"
        assert " passed" in project.make("journey", f"URL={stack.url}")
    finally:
        stack.compose("down", "--volumes", "--rmi", "local")
