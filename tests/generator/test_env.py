"""The project's own `deploy/env.py`: what is missing is filled in, what is there is
kept.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from archgen.generator import templates_dir

EXAMPLE = "# where it listens\nDEV_PORT=<port>\nHTTP_PORT=<port>\n\nTOKEN=<secret>\nOTHER=<secret>\nADMIN_EMAIL=admin@example.com\n"

COMPOSE = """\
DATABASE_URL: postgresql://app_rows:${POSTGRES_ROWS_PASSWORD:?run make up}@postgres:5432/app
CACHE_URL: valkey://:${VALKEY_PASSWORD}@valkey:6379/0
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/compose.yaml").write_text(COMPOSE)
    (tmp_path / "deploy/env.py").write_bytes(
        (templates_dir() / "_shared/deploy/env.py").read_bytes()
    )
    (tmp_path / ".env.example").write_text(EXAMPLE)
    return tmp_path


def run(project: Path, *place: str) -> dict[str, str]:
    subprocess.run(
        [sys.executable, "-I", "-S", "deploy/env.py", *place], cwd=project, check=True
    )
    lines = (project / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_each_placeholder_has_a_value_of_its_own(project: Path) -> None:
    env = run(project)
    assert env["ADMIN_EMAIL"] == "admin@example.com"
    assert env["TOKEN"] != env["OTHER"]
    assert env["DEV_PORT"] != env["HTTP_PORT"]
    assert all(
        value.replace("@", "").replace(".", "").isalnum() for value in env.values()
    )


def test_two_places_share_no_name_and_one_keeps_its_own(project: Path) -> None:
    (project / ".env.example").write_text(
        "COMPOSE_PROJECT_NAME=shop-<place>\nPOSTGRES_PASSWORD=<secret>\n"
    )
    first = run(project)["COMPOSE_PROJECT_NAME"]
    (project / ".env").unlink()
    assert run(project)["COMPOSE_PROJECT_NAME"] == first
    (project / ".env").unlink()
    elsewhere = run(project, "/another/place")["COMPOSE_PROJECT_NAME"]
    assert (
        elsewhere != first
        and elsewhere.startswith("shop-")
        and elsewhere.replace("-", "").isalnum()
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ADMIN_PASSWORD=pa$$word", "write %24"),
        ("ADMIN_PASSWORD=pass#word", "write %23"),
        ("ADMIN_PASSWORD=two words", "no spaces"),
        ("ADMIN_PASSWORD='quoted'", "without quotes"),
        ("ADMIN_PASSWORD=windows\r", "lines end as on Unix"),
        ("export ADMIN_PASSWORD=x", "line 1 is not NAME=VALUE"),
        ("ADMIN_PASSWORD = x", "line 1 is not NAME=VALUE"),
        ("POSTGRES_ROWS_PASSWORD=a@b/c", "becomes part of a URL"),
        ("VALKEY_PASSWORD=100%", "becomes part of a URL"),
        ("MAIL_URL=smtp://me:p@ss@mail.example.com", "write @ as %40"),
        ("MAIL_URL=smtp://me:pa/ss@mail.example.com:587", "/ as %2F"),
        ("MAIL_URL=smtp://me:100%@mail.example.com", "% as %25"),
        ("DATABASE_URL=postgresql+asyncpg://app:a:b@db:x@db/app", "is no URL"),
    ],
)
def test_what_is_read_in_different_ways_is_refused_with_what_to_write(
    project: Path, line: str, said: str
) -> None:
    (project / ".env").write_bytes(f"{line}\n".encode())
    done = subprocess.run(
        [sys.executable, "-I", "-S", "deploy/env.py"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (
        done.returncode == 1
        and said in done.stderr
        and line.partition("=")[0].split()[-1] in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert (project / ".env").read_bytes() == f"{line}\n".encode()


@pytest.mark.parametrize(
    "line",
    [
        "ADMIN_PASSWORD=p@ss/w%rd!",
        "MAIL_URL=smtp://me%40here:p%40ss%2F%25%23%24@mail.example.com:587",
        "MAIL_URL=file:.mails",
        "SITE_URL=https://example.com/@shop",
        "COMPOSE_PROFILES=metrics,traces",
        "OTEL_EXPORTER_OTLP_ENDPOINT=",
    ],
)
def test_python_reads_what_is_taken_as_it_stands(project: Path, line: str) -> None:
    (project / ".env").write_text(f"{line}\n")
    run(project)
    assert (
        dotenv_values(project / ".env")[line.partition("=")[0]]
        == line.partition("=")[2]
    )


def test_comments_of_the_owner_stay(project: Path) -> None:
    (project / ".env").write_text(
        "# mine\nTOKEN=mine\n\n# of the mail server\nEXTRA=too\n"
    )
    run(project)
    text = (project / ".env").read_text()
    assert (
        text.startswith("# mine\nTOKEN=mine\n\n# of the mail server\nEXTRA=too\n")
        and "OTHER=" in text
    )


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
