"""The monolith on its real servers: the journey through NGINX, what is published, what
its image is made of.
"""

from __future__ import annotations

import json
import re

import pytest
from tests.support.stack import Stack, docker

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


def test_it_comes_up_healthy_and_its_journey_passes_through_nginx(stack: Stack) -> None:
    assert " passed" in stack.project.make("journey", f"URL={stack.url}")


def test_only_nginx_is_published_and_on_this_machine_alone(stack: Stack) -> None:
    published = re.findall(
        r"(\S+):(\d+)->", stack.compose("ps", "--format", "{{.Ports}}")
    )
    assert published == [("127.0.0.1", stack.url.rsplit(":", 1)[1])]


def test_no_process_of_ours_is_root_or_may_write_to_its_image(stack: Stack) -> None:
    script = """
import os
print(os.getuid())
for place in ("/app", "/etc", "/usr", "/keys", "/tmp"):
    try:
        open(f"{place}/probe", "w").close()
        print("writes", place)
    except OSError:
        pass
"""
    assert stack.compose("exec", "-T", "app", "python", "-c", script).splitlines() == [
        "10001",
        "writes /tmp",
    ]


def test_the_image_holds_the_app_and_nothing_that_builds_or_tests_it(
    stack: Stack,
) -> None:
    tools = "cc gcc g++ make ld git uv pip pytest ruff mypy locust"
    found = stack.compose(
        "exec",
        "-T",
        "app",
        "sh",
        "-c",
        f"ls -a /app /app/src; command -v {tools}; true",
    ).split()
    app = ["/app:", ".", "..", ".venv", "pyproject.toml", "src", "uv.lock"]
    assert found == [*app, "/app/src:", ".", "..", stack.package]


def test_the_image_is_what_the_lockfile_says(stack: Stack) -> None:
    locked = (stack.project.folder / "uv.lock").read_text()
    script = "import importlib.metadata as m; print(*(f'{d.name} {d.version}' for d in m.distributions()), sep='\\n')"
    installed = stack.compose("exec", "-T", "app", "python", "-c", script).splitlines()
    versions = dict(re.findall(r'name = "(\S+)"\nversion = "(\S+)"', locked))
    ours = [
        line.split()
        for line in installed
        if re.sub(r"[-_.]+", "-", line.split()[0].lower()) in versions
    ]
    assert len(ours) > 20
    assert all(
        versions[re.sub(r"[-_.]+", "-", name.lower())] == version
        for name, version in ours
    )


def test_every_container_is_bounded_and_comes_back(stack: Stack) -> None:
    for container in stack.compose("ps", "--quiet").split():
        (found,) = json.loads(docker("inspect", container))
        host = found["HostConfig"]
        assert host["Memory"] > 0 and host["NanoCpus"] > 0 and host["PidsLimit"] > 0
        assert host["RestartPolicy"]["Name"] == "unless-stopped"
        assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
        # not every one can say
        assert found["State"].get("Health", {}).get("Status", "healthy") == "healthy"


def test_the_pools_of_all_processes_fit_into_what_the_database_takes(
    stack: Stack,
) -> None:
    most = stack.compose(
        "exec", "-T", "postgres", "psql", "-U", "app", "-Atc", "SHOW max_connections"
    )
    script = f"from {stack.package}.apps.settings import Settings as S; s = S(); print(s.pool_size * s.processes)"
    needed = int(stack.compose("exec", "-T", "app", "python", "-c", script))
    assert 0 < needed <= int(most) - 10


def test_the_app_may_touch_rows_and_holds_no_password_of_anybody_who_may_do_more(
    stack: Stack,
) -> None:
    script = f"""
import asyncio, os, sqlalchemy as sa
from {stack.package}.apps.settings import Settings
from {stack.package}.chassis.mechanism.sql import Database

async def main():
    engine = Database(Settings().database_url).module("orders")
    for statement in ("SELECT current_user", "CREATE TABLE orders.x ()", "DROP TABLE orders.orders", "COPY orders.orders FROM PROGRAM 'id'"):
        try:
            async with engine.begin() as connection:
                print(await connection.scalar(sa.text(statement)))
        except sa.exc.DBAPIError as error:
            print(error.orig.sqlstate)

asyncio.run(main())
print([name for name in os.environ if "OWNER" in name or "MIGRATION" in name or "POSTGRES" in name])
"""
    said = stack.compose("exec", "-T", "app", "python", "-c", script).splitlines()
    assert said == ["app_rows", "42501", "42501", "42501", "[]"]
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'orders'"
    assert (
        stack.compose(
            "exec", "-T", "postgres", "psql", "-U", "app", "-Atc", owners
        ).strip()
        == "app_owner"
    )
