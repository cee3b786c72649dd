"""Writing a migration: `python -m PACKAGE.apps.alembic.autogenerate MODULE "what
changes"`, from what `repository.py` says now.

It is what Alembic finds by comparing with the tables of the database at hand, which are
brought up to date before.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from alembic import command

from ...chassis.mechanism.sql import Database
from ...chassis.mechanism.sql_settings import SqlSettings
from .column_types import render
from .migrate import (
    is_compared,
    prepare_revision,
    run,
)


async def autogenerate(database: Database, module: str, message: str) -> None:
    """Writes a migration: what the module's `repository.py` says and its tables do not
    yet have.
    """
    if not await prepare_revision(database, module, message):
        return
    comparison = {
        "include_name": is_compared,
        "render_item": render,
        "process_revision_directives": _skip_empty,
    }
    await run(
        database,
        module,
        lambda config: command.revision(config, message, autogenerate=True),
        comparison=comparison,
    )


def _skip_empty(_: Any, __: Any, directives: list[Any]) -> None:
    """Writes nothing where nothing changed."""
    if directives[0].upgrade_ops.is_empty():
        directives.clear()
        print("Nothing changed: no migration was written")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a migration.")
    parser.add_argument("module")
    parser.add_argument("message", nargs="+")
    asked = parser.parse_args()
    settings = SqlSettings()
    database = Database(settings.migration_url or settings.database_url)
    asyncio.run(autogenerate(database, asked.module, " ".join(asked.message)))
