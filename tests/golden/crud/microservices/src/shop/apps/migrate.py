"""The step before a new version runs: `python -m shop.apps.migrate PART`."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

from shop.apps.production import check
from shop.apps.schema.migrate import upgrade
from shop.chassis.settings import Settings
from shop.chassis.sql import Database

PARTS = ("accounts", "items")


async def prepare(part: str, settings: Settings) -> None:
    """Brings the part's tables up to date, and sees to it that the first member of staff exists."""
    root = import_module(f"{__package__}.{part}")
    database = Database(settings.database_url)
    await upgrade(database, root.MODULES)
    await database.close()
    if "accounts" in root.MODULES:
        from shop.accounts.service import AccountsService  # not every part has it

        app = root.create_app(settings)
        accounts: AccountsService = app.state.services[AccountsService]
        async with app.router.lifespan_context(app):
            await accounts.ensure_staff(settings.admin_email, settings.admin_password)


if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        asyncio.run(prepare(name, check(Settings())))
