"""A project on machines that are not like ours: paths, proxies, folders that move,
processes that are killed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.support.projects import Project, environment, new, stop, wait_for

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1200)]
ODD = 'it\'s 100% "odd" #1 $HOME ü [x]'
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def proxy() -> Iterator[list[str]]:
    """A proxy that everything is told to use, and that leads nowhere; what it was asked
    for.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            asked.append(self.rfile.readline().decode())
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            self.close_connection = True

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked.append(f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    server.server_close()


@pytest.mark.few(1)
@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_a_proxy_is_not_asked_for_what_is_here(
    architecture: str, proxy: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", architecture
    )
    for name in PROXIES:
        url = "socks5://127.0.0.1:9" if name == "all_proxy" else proxy[0]
        monkeypatch.setenv(name, url)
        monkeypatch.setenv(name.upper(), url)
    with project.running() as url:
        assert " passed" in project.make("journey", f"URL={url}")
        assert "log in as" in project.make("seed", f"URL={url}")
    assert proxy[1:] == []


@pytest.mark.few(1)
@pytest.mark.parametrize("architecture", ["monolith", "serverless"])
def test_any_path_will_do_and_a_project_may_move(
    architecture: str, tmp_path: Path
) -> None:
    (tmp_path / ODD).mkdir()
    project = new(
        tmp_path / ODD, "shop", "--preset", "crud", "--architecture", architecture
    )
    project.make("check")
    assert " passed" in project.make("test")
    if architecture == "monolith":
        project.make("migrate")
        assert "Nothing changed" in project.make(
            "migration", "MODULE=items", "NAME=again"
        )


def test_a_moved_project_needs_nothing_of_where_it_was(tmp_path: Path) -> None:
    """The scripts of an environment name the place where it was made: none of them is
    run.
    """
    project = new(
        tmp_path / "before", "shop", "--preset", "crud", "--architecture", "monolith"
    )
    scripts = tmp_path / "before/shop/.venv"
    (scripts / "bin").mkdir(parents=True)
    for name in ("lint-imports", "mypy", "pytest", "uvicorn", "locust"):
        (scripts / "bin" / name).write_text("#!/gone/bin/python\n")
        (scripts / "bin" / name).chmod(0o755)
    (scripts / "bin/python").symlink_to(Path(sys.executable).resolve())
    # a program, not a script
    (scripts / "bin/ruff").symlink_to(Path(sys.prefix) / "bin/ruff")
    (scripts / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).resolve().parent}\n"
    )
    packages = Path(sysconfig.get_path("purelib"))
    (scripts / packages.relative_to(sys.prefix).parent).mkdir(parents=True)
    (scripts / packages.relative_to(sys.prefix)).symlink_to(packages)
    shutil.move(tmp_path / "before", tmp_path / "after")
    moved = Project(tmp_path / "after/shop", project.urls)
    moved.make("check", "VENV=./.venv")
    dry = moved.make("--dry-run", "test", "check", "dev", "VENV=./.venv")
    assert not [
        word
        for word in dry.split()
        if word.startswith("./.venv/bin/") and word != "./.venv/bin/python"
    ]


@pytest.mark.few(2)
@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_make_dev_leaves_its_port_however_it_ends(
    architecture: str, tmp_path: Path
) -> None:
    project = new(tmp_path, "shop", "--preset", "crud", "--architecture", architecture)
    url, log = project.urls["dev"], project.folder / "dev.log"
    port = int(url.rpartition(":")[2])
    for number in (signal.SIGTERM, signal.SIGKILL):
        with log.open("w") as output:
            dev = subprocess.Popen(
                ["make", "dev"],
                cwd=project.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_for(f"{url}/health/ready", dev, log)
            if number == signal.SIGTERM:
                dev.terminate()  # make alone, which tells what it runs
            else:
                os.kill(_child(dev.pid), number)
            dev.wait(30)
            deadline = time.monotonic() + 30
            while not _free(port):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        finally:
            stop(dev)


def test_a_port_that_is_in_use_is_named_with_its_setting(tmp_path: Path) -> None:
    project = new(tmp_path, "shop", "--preset", "crud", "--architecture", "monolith")
    port = int(project.urls["dev"].rpartition(":")[2])
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(AssertionError, match=f":{port} .*DEV_PORT in .env"),
    ):
        project.make("dev")


def _child(pid: int) -> int:
    """What make runs: the process that supervises."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(found.stdout.split()[0])


def _free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


FAR_MAIL = """
import asyncio, socket, sys, threading
from shop.accounts.mail import Mailer
from shop.chassis.policy.errors import Unavailable

said, server = [], socket.create_server(("127.0.0.1", 0))

def serve():
    connection, _ = server.accept()
    connection.sendall(b"220 hello\\r\\n")
    for line in connection.makefile("rb"):
        said.append(line.split()[0].decode().upper())
        connection.sendall(b"221 bye\\r\\n" if said[-1] == "QUIT" else b"250-here\\r\\n250 AUTH PLAIN\\r\\n" if said[-1] == "EHLO" else b"250 ok\\r\\n")

threading.Thread(target=serve, daemon=True).start()
connect = socket.create_connection
socket.create_connection = lambda *_, **__: connect(server.getsockname())
try:
    asyncio.run(Mailer(sys.argv[1], "shop@example.com").send("ada@example.com", "hello", "a link"))
except Unavailable:
    print("kept")
print(*said)
"""


def test_mail_and_the_password_for_it_never_leave_the_network_in_plain_text(
    tmp_path: Path,
) -> None:
    project = new(tmp_path, "shop", "--preset", "crud", "--architecture", "monolith")

    def said(url: str) -> list[str]:
        return project.python(FAR_MAIL, url).split()

    far = said("smtp://me:secret@mail.example.com:587")
    assert "kept" in far and not {"AUTH", "MAIL", "DATA"} & set(far)
    assert "MAIL" in said("smtp://mail:1025")


@pytest.mark.few(1)
@pytest.mark.parametrize("architecture", ["monolith", "microservices"])
def test_who_is_staff_is_said_on_the_command_line_and_asked_of_tables_that_are_there(
    architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new(tmp_path, "shop", "--preset", "crud", "--architecture", architecture)
    monkeypatch.setenv("EMAIL", "somebody@example.com")  # as mailers and git have it
    with pytest.raises(AssertionError, match="who\\?"):
        project.make("staff")
    with pytest.raises(
        AssertionError, match=r"no such table: accounts.*make migrate"
    ) as refused:
        project.make("staff", "EMAIL=somebody@example.com")
    assert "Traceback" not in str(refused.value)


def test_commands_of_a_part_ask_the_database_that_env_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `make dev` does: the part's own, on the server or in the folder of that URL."""
    project = new(
        tmp_path, "shop", "--preset", "crud", "--architecture", "microservices"
    )
    with (project.folder / ".env").open("a") as file:
        file.write(f"DATABASE_URL=sqlite+aiosqlite:///{tmp_path}/elsewhere/\n")
    project.make("migrate")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == [
        "accounts",
        "items",
    ]
    project.make("staff", "EMAIL=somebody@example.com")
    assert "nothing" in project.make("dead-letters", "PART=items").lower()
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/empty")
    with pytest.raises(AssertionError, match=r"no such table: accounts.*make migrate"):
        project.make("staff", "EMAIL=somebody@example.com")


def test_containers_hear_what_env_says_and_not_what_the_shell_exports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new(tmp_path, "shop", "--preset", "crud", "--architecture", "monolith")
    names = [
        line.partition("=")[0]
        for line in (project.folder / ".env").read_text().splitlines()
        if "=" in line
    ]
    names = [name for name in names if name.isupper()]
    for name in names:
        monkeypatch.setenv(name, "of-another-project")
    heard = project.make(
        "--dry-run",
        "up",
        "deploy",
        "down",
        "dead-letters",
        "backup",
        "restore",
        "FILE=x",
    )
    told = [
        line
        for line in heard.splitlines()
        if re.search(r"docker compose|deploy/(up|rollout|restore)\.py", line)
    ]
    assert len(told) == 6 and all("env -u DEV_PORT" in line for line in told)
    shown = tmp_path / "shown.mk"
    shown.write_text("shown:\n\t@$(OWN) env\n")
    assert "of-another-project" not in project.make(
        "-f", "Makefile", "-f", str(shown), "shown"
    )
