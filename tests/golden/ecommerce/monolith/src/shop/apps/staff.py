"""Who is staff, for operators: `python -m shop.apps.staff give EMAIL`, or `take EMAIL`; on the database of the settings."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import DBAPIError

from shop.accounts.addresses import Email, Password
from shop.accounts.passwords import Passwords
from shop.accounts.repository import AccountsUnitOfWork
from shop.accounts.settings import checked
from shop.accounts.staff import Staff
from shop.apps.app import MODULES
from shop.apps.settings import Settings
from shop.chassis.mechanism.background import Background
from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.memory_cache import MemoryCache
from shop.chassis.mechanism.outbox import Relay
from shop.chassis.mechanism.sql import Database
from shop.chassis.mechanism.valkey import ValkeyCache

log = logging.getLogger(__name__)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Staff]:
    database = Database(settings.database_url)
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop")
    background = Background(
        "shop"
    )  # it says who gets the events; whoever runs delivers them
    relay = Relay(database, background, {})
    background.add(
        PartContext(settings, database, cache, relay), MODULES, dict.fromkeys(MODULES)
    )
    try:
        yield Staff(partial(AccountsUnitOfWork, database, cache, relay), Passwords())
    finally:
        await cache.close()
        await database.close()


async def ensure(settings: Settings) -> None:
    """Sees to it that the member of staff exists whom the settings name, if they do."""
    settings = checked(settings)
    if settings.admin_email:
        async with opened(settings) as staff:
            said = await staff.ensure(settings.admin_email, settings.admin_password)
        if said:
            log.warning(said)


async def main(settings: Settings, action: str, email: str, password: str) -> str:
    async with opened(settings) as staff:
        if action == "take":
            return await staff.take(email)
        return await staff.give(email, password)


def asked() -> str:
    """The password, from who sits there or from what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass()
    return sys.stdin.readline().rstrip("\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Who is staff")
    parser.add_argument(
        "action",
        choices=["give", "take"],
        help="the role; giving it makes an account if there is none",
    )
    parser.add_argument("email")
    parser.add_argument(
        "--password",
        action="store_true",
        help="ask for a new account's password; else a link is mailed",
    )
    given = parser.parse_args()
    try:
        whose = TypeAdapter(Email).validate_python(given.email)
        chosen = ""
        if given.password:
            chosen = TypeAdapter(Password).validate_python(asked())
    except ValidationError as error:
        raise SystemExit(
            error.errors()[0]["msg"].removeprefix("Value error, ")
        ) from None
    try:
        print(asyncio.run(main(Settings(), given.action, whose, chosen)))
    except (DBAPIError, OSError) as error:
        wrong = getattr(error, "orig", error)
        raise SystemExit(
            f"Accounts cannot be read or written: {wrong}. Are their tables there (make migrate)?"
        ) from None
