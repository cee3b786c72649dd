"""Dead letters, what could not be done: `python -m shop.apps.dead_letters` shows it, with `replay` it is tried again.

These are events that a handler could not deal with, and jobs whose last run was given
up.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from sqlalchemy.exc import DBAPIError

from shop.apps.migrate import PARTS
from shop.apps.settings import Settings
from shop.chassis.mechanism.envelope import opened
from shop.chassis.mechanism.errors import Refused
from shop.chassis.mechanism.sql import Database, tables
from shop.chassis.mechanism.sql_connection import connected
from shop.chassis.policy.entity import now


async def dead(database: Database, modules: Iterable[str]) -> list[str]:
    """A line for each: what it is, and why it could not be done."""
    lines = []
    for module, table in tables("shop", modules, "outbox").items():
        async with connected(database.module(module)) as connection:
            rows = (
                await connection.execute(table.select().where(table.c.due.is_(None)))
            ).all()
        lines += [
            f"{_name(row)} to {row.handler} after {row.attempts} attempts: {row.error}"
            for row in rows
        ]
    for module, table in tables("shop", modules, "jobs").items():
        async with connected(database.module(module)) as connection:
            rows = (
                await connection.execute(
                    table.select().where(table.c.failed.is_not(None))
                )
            ).all()
        lines += [
            f"job {row.name}, given up at {row.failed:%Y-%m-%d %H:%M}: {row.error}"
            for row in rows
        ]
    return lines


def _name(row: Any) -> str:
    """What it is; one that cannot be read, which may be why it is here, has its row's number."""
    try:
        return f"{row.type} {opened(row.body).id}"
    except Refused:
        return f"{row.type} in row {row.id}"


async def replay(database: Database, modules: Iterable[str]) -> None:
    """Gives all of it its attempts again, and has it due now; whoever runs finds it."""
    for module, table in tables("shop", modules, "outbox").items():
        async with connected(database.module(module), writing=True) as connection:
            again = table.update().values(due=now(), attempts=0)
            await connection.execute(again.where(table.c.due.is_(None)))
    for module, table in tables("shop", modules, "jobs").items():
        async with connected(database.module(module), writing=True) as connection:
            await connection.execute(
                table.update().values(due=now()).where(table.c.failed.is_not(None))
            )


async def main(part: str, again: bool) -> None:
    if part not in PARTS:
        raise SystemExit(f"There is no part {part}; there are {', '.join(PARTS)}")
    modules = import_module(f"{__package__}.{part}").MODULES
    settings = Settings()
    database = Database(settings.database_url, pooler=settings.database_pooler)
    try:
        lines = await dead(database, modules)
        if again:
            await replay(database, modules)
    except DBAPIError as error:
        raise SystemExit(
            f"DATABASE_URL does not lead to the tables of {part}: {error.orig}"
        ) from None
    finally:
        await database.close()
    print(
        "\n".join(lines) or f"Nothing is left undone in {part}",
        file=sys.stdout if lines else sys.stderr,
    )


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "replay"]
    asyncio.run(main(words[0] if words else PARTS[0], "replay" in sys.argv))
