"""Events that nobody could handle: `python -m shop.apps.letters PART` shows them, with `replay` they are tried again."""

from __future__ import annotations

import asyncio
import sys

import sqlalchemy as sa

from shop.accounts.repository import AccountsUnit
from shop.chassis.entity import now
from shop.chassis.outbox import PublishingSqlUnit
from shop.chassis.settings import Settings
from shop.chassis.sql import Database
from shop.chassis.sql_connection import connected
from shop.inventory.repository import InventoryUnit
from shop.orders.repository import OrdersUnit
from shop.payments.repository import PaymentsUnit

UNITS: dict[str, tuple[type[PublishingSqlUnit], ...]] = {
    "accounts": (AccountsUnit,),
    "inventory": (InventoryUnit,),
    "orders": (OrdersUnit,),
    "payments": (PaymentsUnit,),
}


async def dead(database: Database, unit: type[PublishingSqlUnit]) -> list[str]:
    """A line for each of the module's dead events: what it is, and why nobody could handle it."""
    table = unit.outbox
    async with connected(database.module(unit.module)) as connection:
        rows = (await connection.execute(table.select().where(table.c.due.is_(None)))).all()
    return [f"{unit.module} {row.type} {row.id} after {row.attempts} attempts: {row.error}" for row in rows]


async def replay(database: Database, unit: type[PublishingSqlUnit]) -> None:
    """Gives the module's dead events all their attempts again; the running relay finds them."""
    table = unit.outbox
    async with connected(database.module(unit.module), writing=True) as connection:
        await connection.execute(sa.update(table).values(due=now(), attempts=0).where(table.c.due.is_(None)))


async def main(part: str, again: bool) -> None:
    database = Database(Settings().database_url)
    for unit in UNITS[part]:
        for line in await dead(database, unit):
            print(line)
        if again:
            await replay(database, unit)
    await database.close()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "replay"]
    asyncio.run(main(words[0] if words else next(iter(UNITS)), "replay" in sys.argv))
