"""Supervision of background tasks: one that raises is logged, counted and restarted
with backoff; readiness tells of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from .errors import Unavailable

log = logging.getLogger(__name__)
MAX_BACKOFF = 60.0  # seconds of a pause
HEALTHY_AFTER = 60.0  # seconds after which a task counts as well again


class Supervisor:
    def __init__(
        self, tasks: Mapping[str, Callable[[], Awaitable[None]]], pause: float = 1.0
    ) -> None:
        """`pause`: seconds after the first failure; it doubles with each that follows."""
        self._tasks = tasks
        self._pause = pause
        self._failures: Counter[str] = Counter()
        self._down: set[str] = set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name in self._tasks:
                group.create_task(self._keep(name))

    async def check(self) -> None:
        """(Unavailable: a task has failed, and is not yet begun again.)"""
        if self._down:
            raise Unavailable(f"failed: {', '.join(sorted(self._down))}")

    async def metrics(self) -> dict[str, float]:
        return {
            f'background_failures_total{{task="{name}"}}': self._failures[name]
            for name in self._tasks
        }

    async def _keep(self, name: str) -> None:
        pause = self._pause
        while True:
            begun = time.monotonic()
            try:
                return await self._tasks[name]()
            # a defect: it must neither end the task for ever, nor go unseen
            except Exception:
                log.exception("the background task %s failed", name)
            if time.monotonic() - begun > HEALTHY_AFTER:
                pause = self._pause
            self._failures[name] += 1
            self._down.add(name)
            await asyncio.sleep(pause)
            self._down.discard(name)
            pause = min(2 * pause, MAX_BACKOFF)
