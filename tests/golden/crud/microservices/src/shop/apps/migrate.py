"""Migrations, the step before a new version runs: `python -m shop.apps.migrate PART`."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

from shop.apps.alembic.migrate import upgrade
from shop.apps.preflight import check
from shop.apps.settings import Settings
from shop.chassis.mechanism.sql import Database
from shop.chassis.mechanism.sql_url import within

PARTS = ("accounts", "items")


def part_settings(part: str, settings: Settings) -> Settings:
    """Each part has a database of its own, of its name, on the server or in the folder
    that is set.
    """
    places = {"database_url": within(settings.database_url, part)}
    if settings.migration_url:
        places["migration_url"] = within(settings.migration_url, part)
    return settings.model_copy(update=places)


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
    settings = Settings()
    for name in sys.argv[1:]:  # in the database that is set, which is that part's
        asyncio.run(prepare(name, check(settings, name)))
    if not sys.argv[1:]:  # all of them, where `make dev` has them
        for name in PARTS:
            asyncio.run(prepare(name, check(part_settings(name, settings), name)))
