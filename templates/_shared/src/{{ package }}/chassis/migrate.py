"""Alembic for modules: each has its own history, in `<module>/migrations`, and its own version table."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

from .settings import Settings
from .sql import Database

PACKAGE = Path(__file__).parents[1]


async def upgrade(database: Database, modules: Iterable[str]) -> None:
    """Brings the tables of these modules up to date."""
    for module in modules:
        await _run(database, module, lambda config: command.upgrade(config, "head"))


async def revise(database: Database, module: str, message: str) -> None:
    """Writes a migration: what the module's `repository.py` says and its tables do not yet have."""
    await upgrade(database, [module])
    await _run(database, module, lambda config: command.revision(config, message, autogenerate=True))


async def _run(database: Database, module: str, action: Callable[[Config], Any]) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic_env"))
    config.set_main_option("version_locations", str(PACKAGE / module / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(epoch)d_%%(slug)s")
    config.attributes["metadata"] = import_module(f"{__package__.rpartition('.')[0]}.{module}.repository").metadata
    async with database.migrating(module) as connection:

        def run(sync: Any) -> None:
            config.attributes["connection"] = sync
            action(config)

        await connection.run_sync(run)


if __name__ == "__main__":
    asyncio.run(revise(Database(Settings().database_url), sys.argv[1], " ".join(sys.argv[2:])))
