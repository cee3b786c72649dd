"""Containers on machines that are not like ours: a strict umask, a proxy in the
engine's settings, a lost `.env`, a port in use.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.projects import ask, environment, new
from tests.support.stack import Stack, lock_if_possible

pytestmark = pytest.mark.real
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def strict(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Stack]:
    """A project of which nobody but its owner may read a file, on an engine that gives
    containers a proxy.
    """
    folder = tmp_path_factory.mktemp("strict")
    project = new(
        folder,
        f"shop-{secrets.token_hex(4)}",
        "--preset",
        "crud",
        "--architecture",
        "monolith",
        "--set",
        "scope=product",
    )
    lock_if_possible(project)
    for path in project.folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (folder / "config.json").write_text(
        json.dumps(
            {
                "proxies": {
                    "default": dict.fromkeys(
                        ("httpProxy", "httpsProxy", "allProxy"), NOWHERE
                    )
                }
            }
        )
    )
    stack = Stack(project)
    stack.compose("build")  # which has to reach the outside
    try:
        make_up(stack, DOCKER_CONFIG=str(folder))
        yield stack
    finally:
        stack.compose(
            "--profile", "*", "down", "--volumes", "--rmi", "local", "--timeout", "2"
        )


def make_up(stack: Stack, **variables: str) -> str:
    done = subprocess.run(
        ["make", "up"],
        cwd=stack.project.folder,
        env={**environment(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def url(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.settings['HTTP_PORT']}"


def test_containers_read_their_files_and_ask_no_proxy_for_each_other(
    strict: Stack,
) -> None:
    assert NOWHERE in strict.compose("exec", "-T", "app", "env")
    assert ask(f"{url(strict)}/health/ready")[0] == 200
    assert ask(f"{url(strict)}/metrics")[0] == 404  # which its template says
    private = strict.project.folder / ".env"
    assert private.stat().st_mode & 0o077 == 0


def test_the_administrator_s_password_is_in_no_copy_and_valkey_asks_for_its_own(
    strict: Stack,
) -> None:
    for service in ("app", "worker"):
        assert "ADMIN_PASSWORD" not in strict.compose("exec", "-T", service, "env")
    if "valkey" in strict.compose("config", "--services").split():
        assert "NOAUTH" in strict.compose(
            "exec", "-T", "-e", "VALKEYCLI_AUTH=", "valkey", "valkey-cli", "ping"
        )


def test_a_port_that_somebody_else_has_is_named_with_its_setting(strict: Stack) -> None:
    env = strict.project.folder / ".env"
    text = env.read_text()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env.write_text(
            text.replace(
                f"HTTP_PORT={strict.settings['HTTP_PORT']}", f"HTTP_PORT={port}"
            )
        )
        with pytest.raises(
            AssertionError, match=f"127.0.0.1:{port} is in use: HTTP_PORT in .env"
        ):
            make_up(strict)
    env.write_text(text)
    make_up(strict)


def test_a_lost_env_finds_its_database_again(strict: Stack) -> None:
    before = strict.settings
    row = {
        "email": f"{secrets.token_hex(4)}@example.com",
        "password": "correct horse battery staple",
    }
    assert ask(f"{url(strict)}/api/auth/register", "POST", row)[0] == 201
    (strict.project.folder / ".env").unlink()
    told = make_up(strict)
    assert "made with another .env" in told
    after = strict.settings
    assert after["COMPOSE_PROJECT_NAME"] == before["COMPOSE_PROJECT_NAME"]
    assert after["POSTGRES_PASSWORD"] != before["POSTGRES_PASSWORD"]
    assert ask(f"{url(strict)}/api/auth/login", "POST", row)[0] == 200


def test_another_clone_has_names_of_its_own(strict: Stack, tmp_path: Path) -> None:
    for name in (".env.example", "deploy/env.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((strict.project.folder / name).read_bytes())
    subprocess.run(
        ["python3", "deploy/env.py"],
        cwd=tmp_path,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert (
        strict.settings["COMPOSE_PROJECT_NAME"] not in (tmp_path / ".env").read_text()
    )
