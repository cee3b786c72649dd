"""The project's own `deploy/env.py`: what is missing is filled in, what is there is kept."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from archgen.generator import templates_dir

EXAMPLE = "# where it listens\nDEV_PORT=<port>\nHTTP_PORT=<port>\n\nTOKEN=<secret>\nOTHER=<secret>\nADMIN_EMAIL=admin@example.com\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/env.py").write_bytes((templates_dir() / "_shared/deploy/env.py").read_bytes())
    (tmp_path / ".env.example").write_text(EXAMPLE)
    return tmp_path


def run(project: Path) -> dict[str, str]:
    subprocess.run([sys.executable, "-I", "-S", "deploy/env.py"], cwd=project, check=True)
    lines = (project / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_each_placeholder_has_a_value_of_its_own(project: Path) -> None:
    env = run(project)
    assert env["ADMIN_EMAIL"] == "admin@example.com"
    assert env["TOKEN"] != env["OTHER"]
    assert env["DEV_PORT"] != env["HTTP_PORT"]
    assert all(value.replace("@", "").replace(".", "").isalnum() for value in env.values())


def test_it_can_be_run_again_and_changes_nothing(project: Path) -> None:
    run(project)
    before = (project / ".env").read_text()
    run(project)
    assert (project / ".env").read_text() == before


def test_what_a_user_wrote_stays_and_what_is_new_is_added(project: Path) -> None:
    (project / ".env").write_text("TOKEN=mine\nEXTRA=too\n")
    env = run(project)
    assert env["TOKEN"] == "mine"
    assert env["EXTRA"] == "too"
    assert env["OTHER"].isalnum()


def test_the_ports_are_the_same_again_but_never_taken_ones(project: Path) -> None:
    first = run(project)["DEV_PORT"]
    (project / ".env").unlink()
    assert run(project)["DEV_PORT"] == first
    (project / ".env").unlink()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(first)))
        taken.listen()
        assert run(project)["DEV_PORT"] != first
