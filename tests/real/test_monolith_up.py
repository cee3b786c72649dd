"""The monolith on its real servers: `make up`, the journey through NGINX, with a copy of the app less, and away."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.projects import Project, ask, new

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, containers: None) -> Iterator[Project]:
    """The ecommerce monolith, up; under a name of its own, since containers are named for their project."""
    project = new(tmp_path_factory.mktemp("up"), f"shop-{secrets.token_hex(4)}", "--preset", "ecommerce",
                  "--architecture", "monolith")  # fmt: skip
    lock(project)
    try:
        project.make("up")
        yield project
    finally:
        compose(project, "down", "--volumes", "--rmi", "local", "--timeout", "2")


def lock(project: Project) -> None:
    """The lockfile that the first `make` writes; here `make` is told to use another environment and does not."""
    uv = Path(sys.prefix, "bin", "uv")
    if uv.exists():
        subprocess.run([uv, "lock", "--quiet"], cwd=project.folder, check=True)


def compose(project: Project, *arguments: str) -> str:
    command = ["docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml", *arguments]
    return subprocess.run(command, cwd=project.folder, check=True, capture_output=True, text=True).stdout


def test_it_comes_up_healthy_and_its_journey_passes_through_nginx(shop: Project) -> None:
    assert " passed" in shop.make("journey", f"URL={shop.urls['up']}")


def test_what_is_internal_is_not_reachable_through_nginx(shop: Project) -> None:
    for path in ("/metrics", "/internal/events", "/internal"):
        status, problem = ask(shop.urls["up"] + path)
        assert (status, problem["status"]) == (404, 404)


def test_what_nginx_answers_by_itself_is_a_problem_document(shop: Project) -> None:
    status, problem = ask(f"{shop.urls['up']}/api/auth/register", "POST", {"email": "x" * 1_100_000})
    assert (status, problem["title"]) == (413, "Content Too Large")


def test_only_nginx_is_published_and_on_this_machine_alone(shop: Project) -> None:
    published = re.findall(r"(\S+):(\d+)->", compose(shop, "ps", "--format", "{{.Ports}}"))
    assert published == [("127.0.0.1", shop.urls["up"].rsplit(":", 1)[1])]


def test_no_process_of_ours_is_root_or_may_write_to_its_image(shop: Project) -> None:
    script = "import os; print(os.getuid()); print(os.access('/app', os.W_OK))"
    assert compose(shop, "exec", "-T", "app", "python", "-c", script).split() == ["10001", "False"]


def test_nginx_takes_its_configuration(shop: Project) -> None:
    compose(shop, "exec", "-T", "nginx", "nginx", "-t", "-q")


def test_with_one_copy_of_the_app_stopped_the_journey_still_passes(shop: Project) -> None:
    first = compose(shop, "ps", "--quiet", "app").split()[0]
    subprocess.run(["docker", "stop", "--time", "1", first], check=True, capture_output=True)
    try:
        assert " passed" in shop.make("journey", f"URL={shop.urls['up']}")
    finally:
        subprocess.run(["docker", "start", first], check=True, capture_output=True)
