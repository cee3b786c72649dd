"""Batching, as a data loader does: what is asked in one tick of the event loop is
loaded as one.

Under load a hundred GETs become an MGET, and a hundred SELECTs by id one SELECT; alone,
a read waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class DataLoader(Generic[K, V]):
    """`load` takes the keys that were asked for in one tick, each once, and gives what
    was found, by key.
    """

    def __init__(self, load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._load = load
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: dict[K, list[asyncio.Future[V | None]]] = {}
        self._loading: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V | None:
        """What there is for this key; the load begins after this call."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # an app that is started again may run on another
            self._loop = loop
            self._asked = {}
        if not self._asked:
            loop.call_soon(self._begin)
        answer: asyncio.Future[V | None] = loop.create_future()
        self._asked.setdefault(key, []).append(answer)
        return await answer

    def _begin(self) -> None:
        task = asyncio.ensure_future(self._answer(self._asked))
        self._asked = {}
        self._loading.add(task)  # the loop itself keeps no task alive
        task.add_done_callback(self._loading.discard)

    async def _answer(
        self, asked: Mapping[K, Sequence[asyncio.Future[V | None]]]
    ) -> None:
        found: Mapping[K, V] = {}
        failure: Exception | None = None
        try:
            found = await self._load(list(asked))
        except Exception as error:  # noqa: BLE001 - whoever asked is told of it
            failure = error
        for key, answers in asked.items():
            value = found.get(key)
            for answer in answers:
                if answer.done():  # who asked may be gone
                    continue
                if failure is not None:
                    answer.set_exception(failure)
                else:
                    answer.set_result(value)
