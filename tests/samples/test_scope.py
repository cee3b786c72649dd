"""The smallest scope: a project without any extra keeps what a larger one promises, and
answers as it does.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.projects import PATIENCE, Project, ask, new, until

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1200)]


def mvp(folder: Path, preset: str, architecture: str = "monolith") -> Project:
    return new(
        folder,
        "shop",
        "--preset",
        preset,
        "--architecture",
        architecture,
        "--set",
        "scope=mvp",
    )


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("preset", "architecture"),
    [("crud", "monolith"), ("ecommerce", "microservices"), ("crud", "serverless")],
)
def test_an_mvp_passes_its_own_checks_and_tests_and_its_journey(
    preset: str, architecture: str, tmp_path: Path
) -> None:
    project = mvp(tmp_path, preset, architecture)
    project.make("check")
    assert " passed" in project.make("test")
    with project.running() as url:
        assert " passed" in project.make("journey", f"URL={url}")


def test_without_a_worker_an_event_that_failed_is_delivered_though_the_server_was_killed(
    tmp_path: Path,
) -> None:
    project = mvp(tmp_path, "crud")
    mails = project.folder / ".mails"
    mails.write_text("what is in the way of a mail")
    email = "ada@example.com"
    with project.running(killed=True) as url:
        status, _ = ask(
            f"{url}/api/auth/register",
            "POST",
            {"email": email, "password": "correct horse battery staple"},
        )
        assert status == 201
        until(lambda: any(error for _, error in deliveries(project)), PATIENCE)
    assert max(attempts for attempts, _ in deliveries(project)) >= 1
    mails.unlink()
    with project.running():
        until(lambda: deliveries(project) == [], PATIENCE)
    assert any(email in mail.read_text() for mail in mails.iterdir())


def deliveries(project: Project) -> list[tuple[int, str | None]]:
    """Attempts and last error of each that the outbox of accounts holds."""
    with closing(
        sqlite3.connect(project.folder / ".data/accounts.sqlite", timeout=30)
    ) as database:
        return database.execute("SELECT attempts, error FROM outbox").fetchall()


@pytest.mark.few(1)
@pytest.mark.parametrize("preset", ["crud", "ecommerce"])
def test_a_client_cannot_tell_an_mvp_from_a_product_by_their_documents(
    preset: str, tmp_path: Path
) -> None:
    product = new(
        tmp_path / "product", "shop", "--preset", preset, "--architecture", "monolith"
    )
    assert document(mvp(tmp_path / "mvp", preset)) == document(product)


def document(project: Project) -> str:
    """What the project's app says of itself."""
    code = "import json; from shop.apps.dev import create_app; print(json.dumps(create_app().openapi()))"
    project.make("setup")
    return json.dumps(json.loads(project.python(code)), sort_keys=True, indent=1)
