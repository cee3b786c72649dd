"""Arrivals in a bucket that tells nobody of them: what lies where uploads go is looked
for, since whatever was looked at is gone from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from .errors import Problem
from .files import FileStore
from .s3_files import S3Files

log = logging.getLogger(__name__)
PAUSE = 10.0  # seconds; whoever asks for a pending file does not wait for it


class Keeper(Protocol):
    """Whose files they are."""

    async def noticed(self, file_id: UUID) -> None: ...


def watched(
    store: FileStore, keeper: Keeper
) -> dict[str, Callable[[], Awaitable[None]]]:
    """What a supervisor is to keep running, by name: nothing with another store."""
    if isinstance(store, S3Files):
        return {"arrivals": Arrivals(store, keeper).run}
    return {}


class Arrivals:
    def __init__(self, store: S3Files, keeper: Keeper) -> None:
        self._store = store
        self._keeper = keeper
        self._after = ""  # the key at which the last look ended

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except Problem as error:  # it is there still when the store is back
                log.warning("what has arrived cannot be seen: %s", error)
            await asyncio.sleep(PAUSE)

    async def look(self) -> None:
        """One page of the list, so that one look is bounded; the next goes on behind
        it, and begins anew at the end.
        """
        keys = await self._store.arrivals(self._after)
        for key in keys:
            await self._notice(key)
        self._after = keys[-1] if keys else ""

    async def _notice(self, key: str) -> None:
        try:
            file_id = UUID(key.rpartition("/")[2])
        except ValueError:
            log.warning("%s in the bucket is no upload of this system", key)
            return
        await self._keeper.noticed(file_id)
