"""Backlog in the log: a line a minute, of which the platform makes a metric."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from .errors import Problem

log = logging.getLogger(__name__)
SECONDS = 60


async def log_backlog(*asked: Callable[[], Awaitable[Mapping[str, float]]]) -> None:
    """`asked`: how many deliveries are on their way, and how many are dead."""
    while True:
        fields: dict[str, float] = {}
        try:
            for ask in asked:
                fields |= _fields(await ask())
            log.info("backlog", extra=fields)
        except Problem as error:  # a database that is away has its own alarm
            log.warning("the backlog cannot be seen: %s", error)
        await asyncio.sleep(SECONDS)


def _fields(found: Mapping[str, float]) -> dict[str, float]:
    """`outbox_events{state="dead"}` is `outbox_events_dead` in a log; of groups the one
    with the most is told.
    """
    fields: dict[str, float] = {}
    for metric, number in found.items():
        name, _, label = metric.partition("{")
        if label.startswith("state="):
            state = label.split('"')[1]
            name = f"{name}_{state}"
        fields[name] = max(number, fields.get(name, 0))
    return fields
