"""Alembic for modules: each has its own history, in `<module>/migrations`, and its own version table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncConnection

from ...chassis.sql import Database

PACKAGE = Path(__file__).parents[2]


async def upgrade(database: Database, modules: Iterable[str]) -> None:
    """Brings the tables of these modules up to date."""
    for module in modules:
        await run(database, module, lambda config: command.upgrade(config, "head"))


async def run(database: Database, module: str, action: Callable[[Config], Any], **attributes: Any) -> None:
    """Runs an alembic command on a module. `attributes`: for its environment (`env.py`)."""
    config = Config()
    config.set_main_option("script_location", _literal(Path(__file__).parent))
    config.set_main_option("version_locations", _literal(PACKAGE / module / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(epoch)d_%%(slug)s")
    config.attributes["metadata"] = import_module(f"{PACKAGE.name}.{module}.repository").metadata
    config.attributes.update(attributes)
    async with migrating(database, module) as connection:

        def begin(sync: Any) -> None:
            config.attributes["connection"] = sync
            action(config)

        await connection.run_sync(begin)


def _literal(path: Path) -> str:
    """The path, as alembic's settings take it: with a `%` in it they mean another setting."""
    return str(path).replace("%", "%%")


@asynccontextmanager
async def migrating(database: Database, module: str) -> AsyncIterator[AsyncConnection]:
    """A connection for the module's migrations, its schema made and in front; one migration at a time."""
    async with database.module(module).connect() as connection:
        connection = await connection.execution_options(schema_translate_map=None)
        if connection.dialect.name == "postgresql":
            await connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # a table may be large
            await connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))  # of another that migrates
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('migrations'))"))
            await connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{module}"'))
            await connection.execute(sa.text(f'SET LOCAL search_path TO "{module}"'))
        yield connection
        await connection.commit()
