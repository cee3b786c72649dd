"""What `deploy/postgres/roles.sql` gives: a role that owns the tables, and one that may
touch their rows alone.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from tests.support.postgres import postgres
from tests.support.projects import Project, new

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
OWNER, ROWS = "owner-of-the-tables", "toucher-of-rows"
FORBIDDEN = [
    "CREATE TABLE items.other ()",
    "CREATE TABLE public.other ()",
    "CREATE TEMPORARY TABLE other ()",
    "CREATE SCHEMA other",
    "CREATE ROLE other",
    "CREATE FUNCTION items.other() RETURNS int LANGUAGE sql RETURN 1",
    "ALTER TABLE items.items ADD COLUMN other int",
    "TRUNCATE items.items",
    "DROP TABLE items.items",
    "DROP SCHEMA items CASCADE",
    "COPY items.items FROM PROGRAM 'id'",
    "COPY items.items TO PROGRAM 'id'",
    "COPY items.items TO '/tmp/other'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE app_owner",
    "SET ROLE postgres",
]


@pytest.fixture(scope="module")
def server(containers: None) -> Iterator[str]:
    with postgres() as url:
        yield url.replace("+asyncpg", "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new(
        tmp_path_factory.mktemp("roles"),
        "shop",
        "--preset",
        "crud",
        "--architecture",
        "monolith",
    )


@pytest.fixture
def psql(
    tool: Callable[[str], str], project: Project
) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(url: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tool("psql"), url, "-qAt", "-v", "ON_ERROR_STOP=1", *arguments],
            cwd=project.folder, env={**os.environ, **env}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


Psql = Callable[..., "subprocess.CompletedProcess[str]"]
ROLES = ("--single-transaction", "-f", "deploy/postgres/roles.sql")


def as_role(server: str, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@{urlsplit(server).netloc.rpartition('@')[2]}/{database}"


def test_the_app_touches_rows_and_nothing_else(
    server: str, project: Project, psql: Psql
) -> None:
    psql(f"{server}/postgres", "-c", "CREATE DATABASE app")
    for _ in range(2):
        done = psql(f"{server}/app", *ROLES, OWNER_PASSWORD=OWNER, ROWS_PASSWORD=ROWS)
        assert done.returncode == 0 and done.stderr == "", done.stderr
    app = as_role(server, "app_rows", ROWS, "app")
    project.make(
        "migrate",
        f"DATABASE_URL={app}",
        f"MIGRATION_URL={as_role(server, 'app_owner', OWNER, 'app')}",
    )
    assert psql(app, "-c", "SELECT count(*) FROM accounts.accounts").stdout == "1\n"
    for statement in FORBIDDEN:
        done = psql(app, "-c", statement)
        assert done.returncode != 0, statement
        assert "permission denied" in done.stderr or "must be" in done.stderr, (
            done.stderr
        )
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('accounts', 'items')"
    assert psql(f"{server}/app", "-c", owners).stdout == "app_owner\n"


def test_what_the_superuser_made_before_changes_hands(
    server: str, project: Project, psql: Psql
) -> None:
    psql(f"{server}/postgres", "-c", "CREATE DATABASE older")
    project.make("migrate", f"DATABASE_URL={server}/older")
    done = psql(f"{server}/older", *ROLES, OWNER_PASSWORD=OWNER, ROWS_PASSWORD=ROWS)
    assert done.returncode == 0, done.stderr
    app = as_role(server, "app_rows", ROWS, "older")
    project.make(
        "migrate",
        f"DATABASE_URL={app}",
        f"MIGRATION_URL={as_role(server, 'app_owner', OWNER, 'older')}",
    )
    assert psql(app, "-c", "SELECT count(*) FROM accounts.accounts").stdout == "1\n"
    assert psql(app, "-c", "DROP TABLE items.items").returncode != 0


def test_whoever_manages_a_database_elsewhere_need_not_be_superuser(
    server: str, project: Project, psql: Psql
) -> None:
    made = [
        "CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD 'manages'",
        "CREATE DATABASE managed OWNER manager",
    ]
    for statement in made:
        assert psql(f"{server}/postgres", "-c", statement).returncode == 0
    names = {
        "OWNER": "their_owner",
        "ROWS": "their_rows",
        "OWNER_PASSWORD": OWNER,
        "ROWS_PASSWORD": ROWS,
    }
    for _ in range(2):
        done = psql(as_role(server, "manager", "manages", "managed"), *ROLES, **names)
        assert done.returncode == 0, done.stderr
    app = as_role(server, "their_rows", ROWS, "managed")
    project.make(
        "migrate",
        f"DATABASE_URL={app}",
        f"MIGRATION_URL={as_role(server, 'their_owner', OWNER, 'managed')}",
    )
    assert psql(app, "-c", "SELECT count(*) FROM accounts.accounts").stdout == "1\n"
    assert psql(app, "-c", "CREATE TABLE items.other ()").returncode != 0


def test_the_sql_needs_both_passwords(server: str, psql: Psql) -> None:
    assert psql(f"{server}/postgres", *ROLES, OWNER_PASSWORD=OWNER).returncode != 0
