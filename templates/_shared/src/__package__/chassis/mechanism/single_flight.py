"""Single flight: while a key is being loaded, whoever asks for it waits for that load,
so no cache stampede begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    def __init__(self) -> None:
        self._flying: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        if key not in self._flying:
            self._flying[key] = asyncio.ensure_future(load())
            self._flying[key].add_done_callback(lambda _: self._flying.pop(key))
        return await asyncio.shield(self._flying[key])
