"""Cache, the port: what a repository asks and tells it of its entities.

Adapters: `cache_aside.py` of those that keep some, `no_cache.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import TypeAdapter

from .entity import Entity

E = TypeVar("E", bound=Entity)
Load = Callable[[], Awaitable[E | None]]


class Cache(ABC):
    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0

    @abstractmethod
    async def read(self, key: str, adapter: TypeAdapter[E], load: Load[E]) -> E | None:
        """The entity, from the cache or as it is loaded."""

    @abstractmethod
    async def remember(
        self, key: str, adapter: TypeAdapter[E], before: E | None, after: E | None
    ) -> None:
        """Tells the cache what is there now."""

    async def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Gives back what it holds."""
