"""Retention: every hour old entries of the inbox and idempotency keys are deleted, and
`expiring` rows past `expires_at`.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from .background import scheduled
from .entity import now
from .sql import Database
from .sql_connection import delete_old
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
        engine = self._database.module(self._unit.module)
        handled = self._unit.processed
        gone = await delete_old(engine, handled.c.at, now() - PROCESSED_RETENTION)
        for table in self._unit.expiring:
            gone += await delete_old(engine, table.c.expires_at, now())
        return gone
