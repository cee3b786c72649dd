"""Cache-aside by entity. An entry carries its entity's version and never gives way to an older one.

So a reader that loaded a row just before it was changed cannot put the old row back. A deleted row leaves
an empty entry behind, for the same reason. `valkey.py` holds the same promise for several processes.
"""

from __future__ import annotations

from typing import Protocol

from cachetools import TTLCache

TTL = 60.0  # seconds


class Cache(Protocol):
    async def get(self, key: str) -> bytes | None:
        """What is known of the key: a document, b"" (it was deleted), or None (nothing is known)."""

    async def put(self, key: str, version: int, value: bytes) -> None:
        """Keep the value, unless a newer version is there."""

    async def close(self) -> None: ...


class MemoryCache:
    """For a single process."""

    def __init__(self, most: int = 10_000, ttl: float = TTL) -> None:
        self._entries: TTLCache[str, tuple[int, bytes]] = TTLCache(most, ttl)

    async def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        return entry and entry[1]

    async def put(self, key: str, version: int, value: bytes) -> None:
        entry = self._entries.get(key)
        if entry is None or entry[0] < version:
            self._entries[key] = (version, value)

    async def close(self) -> None:
        self._entries.clear()


class NoCache:
    """Where processes come and go and share nothing: every read asks the database."""

    async def get(self, key: str) -> bytes | None:
        return None

    async def put(self, key: str, version: int, value: bytes) -> None:
        pass

    async def close(self) -> None:
        pass
