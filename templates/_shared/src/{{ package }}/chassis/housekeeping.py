"""What has had its day is deleted every hour: what was dealt with long ago, and `expiring` rows past `expires_at`."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import timedelta

from .entity import now
from .errors import Problem
from .sql import Database
from .sql_connection import connected
from .sql_unit import SqlUnit

log = logging.getLogger(__name__)
EVERY = 3600.0  # seconds
KEPT = timedelta(days=30)  # a client or the relay may come back with the same request or event for so long


class Housekeeping:
    def __init__(self, database: Database, units: Sequence[type[SqlUnit]]) -> None:
        self._database = database
        self._units = units

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY * random.uniform(0.5, 1.5))  # noqa: S311 - so that copies do not meet
            try:
                log.info("deleted %d rows that had expired", await self.once())
            except Problem as error:
                log.warning("nothing was deleted: %s", error)

    async def once(self) -> int:
        """Deletes what is old now; gives how many rows that were."""
        gone = 0
        for unit in self._units:
            old = [unit.handled.delete().where(unit.handled.c.at < now() - KEPT)]
            old += [table.delete().where(table.c.expires_at < now()) for table in unit.expiring]
            async with connected(self._database.module(unit.module), writing=True) as connection:
                gone += sum([(await connection.execute(statement)).rowcount for statement in old])
        return gone
