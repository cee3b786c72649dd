"""Who is staff, for operators with rights to the accounts' table: `STACK=... python -m shop.apps.staff give EMAIL`, or `take EMAIL`."""

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

from shop.accounts.addresses import Email, Password
from shop.accounts.passwords import Passwords
from shop.accounts.repository import AccountsUnitOfWork
from shop.accounts.settings import checked
from shop.accounts.staff import Staff
from shop.apps.event_routes import ROUTES
from shop.apps.settings import Settings
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.no_cache import NoCache

log = logging.getLogger(__name__)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Staff]:
    database = Database(settings.stack, ["accounts"])
    try:
        yield Staff(
            partial(AccountsUnitOfWork, database, NoCache(), ROUTES), Passwords()
        )
    finally:
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
    print(asyncio.run(main(Settings(), given.action, whose, chosen)))
