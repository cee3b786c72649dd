"""Alembic for modules: each has its own history, in `<module>/migrations`, and its own
version table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ...chassis.mechanism.sql import Database

PACKAGE = Path(__file__).parents[2]
# what alembic calls the copy of a SQLite table that it makes anew
TEMPORARY = "_alembic_tmp_"


async def upgrade(database: Database, modules: Iterable[str]) -> None:
    """Brings the tables of these modules up to date, those of a module all at once or
    not at all.
    """
    for module in modules:
        found = last(module)
        if len(found) > 1:
            names = " and ".join(Path(script.path).name for script in found)
            raise SystemExit(
                f"Nothing was changed in {module}: {names} were written apart, and none follows the other. "
                f'make migration MODULE={module} NAME="merge" joins them'
            )
        try:
            await run(database, module, lambda config: command.upgrade(config, "head"))
        except (IntegrityError, DataError) as error:
            raise SystemExit(
                f"Nothing was changed in {module}: its rows do not fit, {error.orig}"
            ) from error


def last(module: str) -> list[Script]:
    """The migrations that none follows: several, where branches that each wrote one
    came together.
    """
    scripts = ScriptDirectory.from_config(configuration(module))
    return sorted(
        (scripts.get_revision(head) for head in scripts.get_heads()),
        key=lambda script: script.path,
    )


async def prepare_revision(database: Database, module: str, message: str) -> bool:
    """Whether a migration can be written now, from tables that are up to date.

    Where branches each wrote one, those are joined instead.
    """
    if not (PACKAGE / module / "repository.py").is_file():
        known = sorted(file.parent.name for file in PACKAGE.glob("*/repository.py"))
        raise SystemExit(
            f"There is no module {module} with tables; there are {', '.join(known)}"
        )
    (PACKAGE / module / "migrations").mkdir(exist_ok=True)  # a new module has none yet
    found = last(module)
    if len(found) > 1:
        revisions = [script.revision for script in found]
        command.merge(configuration(module), revisions, message)
        print(
            "Migrations of several branches are joined by one that does nothing: what both changed is yours to look at"
        )
        return False
    await upgrade(database, [module])
    return True


def is_compared(name: str | None, what: str, _: Any) -> bool:
    """Whether Alembic compares this: not a table that an interrupted migration left."""
    return not (what == "table" and str(name).startswith(TEMPORARY))


async def run(
    database: Database, module: str, action: Callable[[Config], Any], **attributes: Any
) -> None:
    """Runs an alembic command on a module.

    `attributes`: for its environment (`env.py`).
    """
    config = configuration(module)
    config.attributes.update(attributes)
    async with migrating(database, module) as connection:

        def begin(sync: Any) -> None:
            config.attributes["connection"] = sync
            action(config)

        await connection.run_sync(begin)


def configuration(module: str) -> Config:
    """What alembic has to know of a module."""
    config = Config()
    config.set_main_option("script_location", _literal(Path(__file__).parent))
    config.set_main_option(
        "version_locations", _literal(PACKAGE / module / "migrations")
    )
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(epoch)d_%%(slug)s")
    config.attributes["metadata"] = import_module(
        f"{PACKAGE.name}.{module}.repository"
    ).metadata
    return config


def _literal(path: Path) -> str:
    """The path, as alembic's settings take it: with a `%` in it they mean another
    setting.
    """
    return str(path).replace("%", "%%")


@asynccontextmanager
async def migrating(database: Database, module: str) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction for the module's migrations, its schema made and in
    front; one migration at a time.
    """
    async with database.module(module).connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = await connection.execution_options(schema_translate_map=None)
            # a table may be large
            await connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            # of another that migrates
            await connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
            await connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(hashtext('migrations'))")
            )
            await connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{module}"'))
            await connection.execute(sa.text(f'SET LOCAL search_path TO "{module}"'))
            yield connection
            await connection.commit()
        else:
            async with _without_foreign_keys(connection):
                yield connection


@asynccontextmanager
async def _without_foreign_keys(connection: AsyncConnection) -> AsyncIterator[None]:
    """A transaction on SQLite, which alters a table by making it anew: others may refer
    to it, so they are asked after it.
    """
    # the driver begins none before a CREATE or DROP
    await connection.execution_options(isolation_level="AUTOCOMMIT")
    # which does nothing within a transaction
    await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    # of another that migrates
    await connection.exec_driver_sql("PRAGMA busy_timeout=60000")
    try:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await _clear(connection)
        before = await _astray(connection)
        yield
        astray = await _astray(connection) - before
        if astray:
            found = ", ".join(
                f"{count} of {table} to {to}" for (table, to), count in astray.items()
            )
            raise SystemExit(
                f"Nothing was changed: rows would refer to what is not there: {found}"
            )
        await connection.commit()
    finally:
        # nobody gets it without its foreign keys; what was not committed goes with it
        await connection.invalidate()


async def _astray(connection: AsyncConnection) -> Counter[tuple[str, str]]:
    """How many rows of a table refer to rows of another that are not there."""
    found = await connection.exec_driver_sql("PRAGMA foreign_key_check")
    return Counter((row["table"], row["parent"]) for row in found.mappings())


async def _clear(connection: AsyncConnection) -> None:
    """Takes away copies that an interrupted migration left, each beside its table."""
    found = await connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    tables = set(found.scalars())
    for name in tables:
        if name.startswith(TEMPORARY) and name.removeprefix(TEMPORARY) in tables:
            await connection.exec_driver_sql(f'DROP TABLE "{name}"')
