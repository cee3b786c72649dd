"""The smallest scope on its real servers: one server that does everything, and loses
nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.projects import PATIENCE, new, until
from tests.support.stack import PASSWORD, Stack, up

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


@pytest.fixture
def mvp(tmp_path: Path, containers: None) -> Iterator[Stack]:
    options = ("--preset", "crud", "--architecture", "monolith", "--set", "scope=mvp")
    project = new(tmp_path, f"mvp-{secrets.token_hex(4)}", *options)
    with up(project) as running:
        yield running


def test_a_mail_that_could_not_be_sent_is_sent_after_the_only_server_was_killed(
    mvp: Stack,
) -> None:
    assert " passed" in mvp.project.make("journey", f"URL={mvp.url}")
    assert sorted(mvp.compose("ps", "--services").split()) == [
        "app",
        "mail",
        "nginx",
        "postgres",
    ]
    assert len(mvp.copies()) == 1
    email = f"{secrets.token_hex(4)}@example.com"
    mvp.compose("stop", "mail")
    assert (
        mvp.allowed("/api/auth/register", {"email": email, "password": PASSWORD}).status
        == 201
    )
    until(
        lambda: any(
            "accounts.link.requested" in line["message"] for line in mvp.logs("app")
        ),
        PATIENCE,
    )
    mvp.compose("kill", "app")
    mvp.compose("start", "mail")
    mvp.compose("up", "--detach", "--no-build", "--wait")
    until(lambda: email in mvp.compose("logs", "mail"), PATIENCE)
