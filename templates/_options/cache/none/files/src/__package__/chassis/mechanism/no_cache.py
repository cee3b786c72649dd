"""No cache: every read asks the database.

For processes that share nothing, or come and go.
"""

from __future__ import annotations

from .cache import Cache


class NoCache(Cache):
    async def get(self, key: str) -> bytes | None:
        return None

    async def put(self, key: str, version: int, value: bytes) -> None:
        pass
