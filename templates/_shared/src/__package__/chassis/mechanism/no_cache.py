"""No cache: every read asks the database.

For processes that share nothing, or come and go.
"""

from __future__ import annotations

from typing import Any

from .cache import Cache, E, Load


class NoCache(Cache):
    async def read(self, key: str, adapter: Any, load: Load[E]) -> E | None:
        self.misses += 1
        return await load()

    async def remember(self, key: str, adapter: Any, before: Any, after: Any) -> None:
        pass
