"""Cache on a server, for several processes: batched, with a circuit breaker.

While the server is away, reads go to the database. It may hold what has changed since:
it is told as soon as it answers.
"""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from .batching import DataLoader
from .cache_aside import CacheAside, keep_newer

T = TypeVar("T")
log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds without asking a server that did not answer
MAX_OWED = 10_000  # entries; each expires by itself, too
Entries = Mapping[str, tuple[int, bytes]]  # version and document, by key


class SharedCache(CacheAside):
    """`away`: what is raised when the server does not answer."""

    away: ClassVar[tuple[type[Exception], ...]] = (OSError,)

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix
        self._gets: DataLoader[str, bytes] = DataLoader(self._get_all)
        self._puts: DataLoader[tuple[str, int, bytes], None] = DataLoader(self._put_all)
        # what the server did not hear yet
        self._owed: dict[str, tuple[int, bytes]] = {}
        self._away_until = 0.0

    @abstractmethod
    async def _read(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The documents that the server has."""

    @abstractmethod
    async def _write(self, entries: Entries) -> None:
        """Keeps each, unless the server has a newer one."""

    async def get(self, key: str) -> bytes | None:
        return await self._gets.get(key)

    async def put(self, key: str, version: int, value: bytes) -> None:
        await self._puts.get((key, version, value))

    def _name(self, key: str) -> str:
        return f"{self._prefix}:{key}"

    async def _get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        if self._owed:
            await self._put_all(())
        found = await self._ask(lambda: self._read(keys))
        return found or {}

    async def _put_all(
        self, entries: Sequence[tuple[str, int, bytes]]
    ) -> Mapping[Any, None]:
        owed = self._owed
        self._owed = {}
        for key, version, value in entries:
            keep_newer(owed, key, version, value)
        told = await self._ask(lambda: self._tell(owed))
        if not told:
            latest = list(owed.items())[-MAX_OWED:]
            for key, (version, value) in latest:
                keep_newer(self._owed, key, version, value)
        return {}

    async def _tell(self, entries: Entries) -> bool:
        await self._write(entries)
        return True

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Circuit breaker: what the server says; None while it does not answer."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return await question()
        except self.away as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning(
                "the cache does not answer, and is left alone for %s s: %r",
                PAUSE,
                error,
            )
            return None
