"""The task definitions for ECS as containers: what they tell a process is what
production takes, with a server by TLS for each part.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import httpx2 as httpx
import pytest
from tests.support.projects import new
from tests.support.stack import Stack
from tests.support.uploads import noise, uploaded

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
PARTS = ("accounts", "inventory", "orders", "payments")


def test_the_containers_of_the_template_start_migrate_and_answer(
    tmp_path: Path, containers: None
) -> None:
    options = (
        "--preset",
        "ecommerce",
        "--architecture",
        "microservices",
        "--set",
        "stack.deployment=ecs",
    )
    project = new(tmp_path, f"ecs-{secrets.token_hex(4)}", *options)
    stack = Stack(project, file="build/ecs-local.json")
    try:
        project.make("ecs-local")
        assert stack.ask("/health/ready").status == 200
        assert len(stack.ask("/.well-known/jwks.json").document["keys"]) == 1
        told = stack.compose("exec", "--no-TTY", "accounts", "env")
        # the template's, and not those of make up
        assert "JWT_PEMS=" in told and "JWT_KEYS=" not in told
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
            # it has a server of its own, and speaks to it by TLS alone
            assert asked.strip() == "t", part
        assert " passed" in project.make("journey", f"URL={stack.url}")
    finally:
        stack.compose(
            "down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "2"
        )


def test_files_come_in_and_out_by_the_task_definitions_in_the_place_that_all_copies_share(
    tmp_path: Path, containers: None
) -> None:
    """No bucket is named here, so they lie in the volume; what a container may write is
    what the template says.
    """
    tool = {
        "access": {"read": "public", "write": "user"},
        "fields": {"photo": {"type": "file"}},
    }
    said = {
        "modules": {"shop": {"entities": {"tool": tool}}},
        "scope": "mvp",
        "stack": {"deployment": "ecs"},
    }
    (tmp_path / "answers.json").write_text(json.dumps(said))
    options = (
        "--answers",
        str(tmp_path / "answers.json"),
        "--architecture",
        "monolith",
    )
    project = new(tmp_path, f"ecs-{secrets.token_hex(4)}", *options)
    stack = Stack(project, file="build/ecs-local.json")
    try:
        project.make("ecs-local")
        told = stack.compose("exec", "--no-TTY", "app", "env").splitlines()
        assert {"FILES_BUCKET=", "FILES_FOLDER=/files", "PRODUCTION=true"} <= set(told)
        headers = {"Authorization": f"Bearer {stack.customer('ann')}"}
        with httpx.Client(
            base_url=stack.url, headers=headers, timeout=60, trust_env=False
        ) as client:
            file = uploaded(client, "shop.tool.photo", noise(700))
            assert (
                client.post("/api/tools", json={"photo": file["id"]}).status_code == 201
            )
            for url in (file["url"], file["thumbnail_url"]):
                assert (
                    client.get(url)
                    .headers["Content-Security-Policy"]
                    .startswith("default-src 'none'; sandbox")
                )
    finally:
        stack.compose(
            "down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "2"
        )
