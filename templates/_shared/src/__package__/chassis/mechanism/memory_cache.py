"""Cache in this process, for a single one: that of `make dev` and the tests, and
wherever no other is named.
"""

from __future__ import annotations

import time

from cachetools import TLRUCache

from .cache_aside import CacheAside, lifetime
from .settings import CoreSettings


class CacheSettings(CoreSettings):
    # of the one that several processes share; empty: in this process
    cache_url: str = ""


class MemoryCache(CacheAside):
    def __init__(self, most: int = 10_000) -> None:
        super().__init__()
        self._entries: TLRUCache[str, tuple[int, bytes]] = TLRUCache(
            most, lambda _key, _entry, now: now + lifetime(), time.monotonic
        )

    async def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        return entry[1]

    async def put(self, key: str, version: int, value: bytes) -> None:
        entry = self._entries.get(key)
        if entry is None or entry[0] < version:
            self._entries[key] = (version, value)
