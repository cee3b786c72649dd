"""Retention: every hour old entries of the inbox and idempotency keys are deleted, and
`expiring` rows past `expires_at`.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from .background import scheduled
from .entity import now
from .sql import Database
from .sql_connection import connected
from .sql_unit_of_work import SqlUnitOfWork

log = logging.getLogger(__name__)
INTERVAL = timedelta(hours=1)
# a client or the relay may come back with the same request or event for so long
PROCESSED_RETENTION = timedelta(days=30)


class Retention:
    def __init__(self, database: Database, unit: type[SqlUnitOfWork]) -> None:
        self._database = database
        self._unit = unit

    @scheduled(INTERVAL)
    async def retention(self) -> None:
        log.info(
            "%s: deleted %d rows that had expired", self._unit.module, await self.once()
        )

    async def once(self) -> int:
        """Deletes what is old now; gives how many rows that were."""
        handled = self._unit.processed
        deletes = [handled.delete().where(handled.c.at < now() - PROCESSED_RETENTION)]
        for table in self._unit.expiring:
            deletes.append(table.delete().where(table.c.expires_at < now()))
        gone = 0
        engine = self._database.module(self._unit.module)
        async with connected(engine, writing=True) as connection:
            for delete in deletes:
                deleted = await connection.execute(delete)
                gone += deleted.rowcount
        return gone
