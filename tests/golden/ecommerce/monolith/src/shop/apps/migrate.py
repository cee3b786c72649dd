"""Migrations, the step before a new version runs: `python -m shop.apps.migrate`."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

from shop.apps.alembic.migrate import upgrade
from shop.apps.preflight import check
from shop.apps.settings import Settings
from shop.chassis.mechanism.sql import Database

PARTS = ("app",)


async def prepare(part: str, settings: Settings) -> None:
    """Brings the part's tables up to date, and sees to it that the first member of staff exists."""
    root = import_module(f"{__package__}.{part}")
    database = Database(settings.migration_url or settings.database_url)
    try:
        await upgrade(database, root.MODULES)
    finally:
        await database.close()
    if "accounts" in root.MODULES:
        from shop.apps.staff import ensure  # not every part has accounts

        await ensure(settings)


if __name__ == "__main__":
    settings = check(Settings())
    for name in sys.argv[1:] or PARTS:
        asyncio.run(prepare(name, settings))
