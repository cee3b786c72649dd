"""Entities of a module that refer to each other in a circle: their tables are made,
read, compared and taken away.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from tests.storage.conftest import DATABASES
from tests.support.postgres import module, postgres
from tests.support.projects import Project, environment, new

PACKAGE = "circles_lab"


def refers(**to: str) -> dict[str, Any]:
    return {
        "fields": {
            "name": {"type": "string"},
            **{
                name: {"type": "reference", "to": f"lab.{one}"}
                for name, one in to.items()
            },
        }
    }


# a client has a contract and a first address, an address has its client; a town comes
# later than what refers to it, and leads nowhere
DOMAIN = {
    "modules": {
        "lab": {
            "entities": {
                "client": refers(contract="contract", first="address", parent="client"),
                "contract": refers(address="address"),
                "address": refers(client="client", town="town"),
                "town": refers(),
            }
        }
    }
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("circles")
    (folder / "answers.json").write_text(json.dumps(DOMAIN))
    made = new(
        folder,
        "circles-lab",
        "--answers",
        str(folder / "answers.json"),
        "--architecture",
        "monolith",
    )
    sys.path.append(str(made.folder / "src"))
    return made


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}"
        return
    request.getfixturevalue("containers")
    with postgres() as server:
        yield server + "/postgres"


def test_the_project_s_own_test_of_its_tables_passes(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_tables.py"],
        cwd=project.folder,
        env={**environment(), "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_only_what_closes_a_circle_is_left_out_where_tables_are_sorted(
    project: Project,
) -> None:
    metadata = module(PACKAGE, "lab.repository").metadata
    apart = {
        f"{table.name}.{key.column_keys[0]}"
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
        if key.use_alter
    }
    assert apart == {"clients.contract", "clients.first", "contracts.address"}


def test_the_first_migration_can_be_taken_back_and_made_again(
    project: Project, url: str
) -> None:
    migrate = module(PACKAGE, "apps.alembic.migrate")

    async def story() -> None:
        database = module(PACKAGE, "chassis.mechanism.sql").Database(url)
        await migrate.upgrade(database, ["lab"])
        await migrate.run(
            database, "lab", lambda config: command.downgrade(config, "base")
        )
        await migrate.upgrade(database, ["lab"])
        await database.close()

    asyncio.run(story())
