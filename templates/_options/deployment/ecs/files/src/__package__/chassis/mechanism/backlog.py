"""Backlog in the log: a line a minute, of which the platform makes a metric."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from .errors import Problem

log = logging.getLogger(__name__)
SECONDS = 60


async def log_backlog(ask: Callable[[], Awaitable[Mapping[str, float]]]) -> None:
    """`ask`: how many deliveries are on their way, and how many are dead."""
    while True:
        try:
            found = await ask()
            log.info("backlog", extra=_fields(found))
        except Problem as error:  # a database that is away has its own alarm
            log.warning("the backlog cannot be seen: %s", error)
        await asyncio.sleep(SECONDS)


def _fields(found: Mapping[str, float]) -> dict[str, float]:
    """`outbox_events{state="dead"}` is `outbox_events_dead` in a log."""
    return {
        name.replace('{state="', "_").rstrip('"}'): number
        for name, number in found.items()
    }
