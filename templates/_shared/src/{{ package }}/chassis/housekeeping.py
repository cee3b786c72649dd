"""What has had its day is deleted every hour: what was dealt with long ago, and `expiring` rows past `expires_at`."""

from __future__ import annotations

import logging
from datetime import timedelta

from .background import scheduled
from .entity import now
from .sql import Database
from .sql_connection import connected
from .sql_unit import SqlUnit

log = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
KEPT = timedelta(days=30)  # a client or the relay may come back with the same request or event for so long


class Housekeeping:
    def __init__(self, database: Database, unit: type[SqlUnit]) -> None:
        self._database = database
        self._unit = unit

    @scheduled(EVERY)
    async def housekeeping(self) -> None:
        log.info("%s: deleted %d rows that had expired", self._unit.module, await self.once())

    async def once(self) -> int:
        """Deletes what is old now; gives how many rows that were."""
        gone = 0
        old = [self._unit.handled.delete().where(self._unit.handled.c.at < now() - KEPT)]
        old += [table.delete().where(table.c.expires_at < now()) for table in self._unit.expiring]
        async with connected(self._database.module(self._unit.module), writing=True) as connection:
            for statement in old:
                gone += (await connection.execute(statement)).rowcount
        return gone
