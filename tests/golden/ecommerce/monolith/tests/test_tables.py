"""The tables of each module, as its migrations make them."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shop.apps.alembic.migrate import PACKAGE, upgrade
from shop.chassis.mechanism.persistence import Listing
from shop.chassis.mechanism.sql import Database, check_listings

MODULES = sorted(folder.parent.name for folder in PACKAGE.glob("*/migrations"))


@pytest.mark.parametrize("module", MODULES)
def test_the_migrations_make_what_the_code_reads(module: str, tmp_path: Path) -> None:
    metadata = import_module(f"shop.{module}.repository").metadata

    def compare(connection: Any) -> Any:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async def differences() -> Any:
        database = Database(f"sqlite+aiosqlite:///{tmp_path}")
        try:
            await upgrade(database, [module])
            async with database.module(module).connect() as connection:
                return await connection.run_sync(compare)
        finally:
            await database.close()

    assert asyncio.run(differences()) == [], (
        "write a migration: make migration MODULE=... NAME=..."
    )


@pytest.mark.parametrize("module", MODULES)
def test_a_list_without_its_index_is_refused(module: str) -> None:
    tables = import_module(f"shop.{module}.repository").metadata.tables
    for table in tables.values():
        with pytest.raises(ValueError, match="No index"):
            check_listings(table, [Listing(("no_such_column",))])


def test_the_folder_of_what_is_stored_is_its_owners_alone(tmp_path: Path) -> None:
    Database(f"sqlite+aiosqlite:///{tmp_path}/data").module(MODULES[0])
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
