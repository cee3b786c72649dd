"""Backlog in the log: a line a minute, of which the platform makes a metric."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping

from .errors import Problem

log = logging.getLogger(__name__)
SECONDS = 60
Ask = Callable[[], Awaitable[Mapping[str, float]]]


async def log_backlog(asks: Iterable[Ask]) -> None:
    """`asks`: what waits, what is dead, how far this process is behind, as metrics."""
    while True:
        try:
            found = [await ask() for ask in asks]
            log.info("backlog", extra=_fields(found))
        except Problem as error:  # a database that is away has its own alarm
            log.warning("the backlog cannot be seen: %s", error)
        await asyncio.sleep(SECONDS)


def _fields(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """`outbox_events{state="dead"}` is `outbox_events_dead`; of groups there is the sum,
    and of ages, in seconds, the oldest.
    """
    fields: defaultdict[str, float] = defaultdict(float)
    for numbers in found:
        for name, number in numbers.items():
            of_a_state = re.sub(r'\{state="(\w+)"\}', r"_\1", name)
            field = of_a_state.partition("{")[0]
            if field.endswith("_seconds"):
                fields[field] = max(fields[field], number)
            else:
                fields[field] += number
    return dict(fields)
