"""Cache-aside by entity.

An entry carries its entity's version and never gives way to an older one.

So a reader that loaded a row just before it was changed cannot put the old row back. A
deleted row leaves an empty entry behind, for the same reason. A cache of several
processes holds the same promise.

Single flight: while a key is being loaded, whoever asks for it waits for that load, so no
cache stampede begins.
"""

from __future__ import annotations

import asyncio
import random
from abc import abstractmethod
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from .cache import Cache, Load
from .entity import Entity

E = TypeVar("E", bound=Entity)
TTL = 60.0  # seconds


def lifetime() -> float:
    """Seconds that an entry stays: not all alike, so that what came together does not
    expire together.
    """
    return TTL * random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains by guessing it


def keep_newer(
    entries: dict[str, tuple[int, bytes]], key: str, version: int, value: bytes
) -> None:
    """Of two versions that wait to be put the newer is, whichever came last."""
    if key not in entries or entries[key][0] < version:
        entries[key] = (version, value)


class CacheAside(Cache):
    def __init__(self) -> None:
        super().__init__()
        self._flights: dict[str, asyncio.Task[Any]] = {}

    @abstractmethod
    async def get(self, key: str) -> bytes | None:
        """What is known of the key: a document, b"" (it was deleted), or None (nothing
        is known).
        """

    @abstractmethod
    async def put(self, key: str, version: int, value: bytes) -> None:
        """Keep the value, unless a newer version is there."""

    async def read(self, key: str, adapter: TypeAdapter[E], load: Load[E]) -> E | None:
        document = await self.get(key)
        if document == b"":
            self.hits += 1
            return None
        # an entry that another version of the project left may lack a field: a miss
        with suppress(ValidationError):
            if document is not None:
                found = adapter.validate_json(document)
                self.hits += 1
                return found
        self.misses += 1
        if key not in self._flights:
            flight = asyncio.ensure_future(self._refresh(key, adapter, load))
            flight.add_done_callback(lambda _: self._flights.pop(key))
            self._flights[key] = flight
        return await asyncio.shield(self._flights[key])

    async def remember(
        self, key: str, adapter: TypeAdapter[E], before: E | None, after: E | None
    ) -> None:
        if after is not None:
            await self.put(key, after.version, adapter.dump_json(after))
        elif before is not None:
            await self.put(key, before.version + 1, b"")

    async def _refresh(
        self, key: str, adapter: TypeAdapter[E], load: Load[E]
    ) -> E | None:
        found = await load()
        await self.remember(key, adapter, None, found)
        return found
