"""Alembic for modules: each has its own history, in `<module>/migrations`, and its own version table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

from ...chassis.sql import Database

PACKAGE = Path(__file__).parents[2]


async def upgrade(database: Database, modules: Iterable[str]) -> None:
    """Brings the tables of these modules up to date."""
    for module in modules:
        await run(database, module, lambda config: command.upgrade(config, "head"))


async def run(database: Database, module: str, action: Callable[[Config], Any], **attributes: Any) -> None:
    """Runs an alembic command on a module. `attributes`: for its environment (`env.py`)."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(PACKAGE / module / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(epoch)d_%%(slug)s")
    config.attributes["metadata"] = import_module(f"{PACKAGE.name}.{module}.repository").metadata
    config.attributes.update(attributes)
    async with database.migrating(module) as connection:

        def begin(sync: Any) -> None:
            config.attributes["connection"] = sync
            action(config)

        await connection.run_sync(begin)
