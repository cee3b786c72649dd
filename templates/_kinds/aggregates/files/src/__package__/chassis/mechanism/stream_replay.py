"""Replay: the records of a log are read once more, into the side of tables that is not
live; when it has caught up, it becomes the live one.

What was counted from records that the log no longer has, or that are not to be read
again, is copied from the live side. So that nothing is copied and counted as well, a
moment parts the two: what happened before is copied, what happened from then on is
counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from .entity import now
from .event_log import EventLog
from .sql_connection import connected
from .stream_consumer import SIDES, ConsumerTables, StreamConsumer, live_side

FOUND = 10.0  # seconds at most for a record that is there
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a replay begins to read; whatever happened at `moment` or later stands
    there or behind.
    """

    positions: Mapping[int, int]
    moment: datetime


async def find_start(event_log: EventLog, said: str, ahead: timedelta) -> Start:
    """`said`: a time, offsets such as `0:1200,1:1350`, or nothing: all that there is.

    `ahead`: how much earlier than it happened something may have been appended
    (SystemExit: neither).
    """
    begins = await event_log.begins()
    if not said:
        return Start(begins, await _complete_from(event_log, begins, ahead))
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        wanted = {**begins, **_offsets(said, await event_log.ends())}
        positions = {key: max(begins[key], offset) for key, offset in wanted.items()}
        return Start(positions, await _complete_from(event_log, positions, ahead))
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    positions = dict(await event_log.since(moment - ahead))
    expired = {
        key: offset for key, offset in positions.items() if offset == begins[key]
    }
    return Start(
        positions, max(moment, await _complete_from(event_log, expired, ahead))
    )


def _offsets(said: str, ends: Mapping[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for word in said.split(","):
        partition, _, offset = word.partition(":")
        if not partition.isdecimal() or not offset.isdecimal():
            raise SystemExit(
                f"{said!r} is no start: say a time such as 2026-01-31T12:00:00Z, or offsets such as 0:1200,1:1350"
            )
        if int(offset) > ends.get(int(partition), -1):
            raise SystemExit(f"the log has no offset {offset} in partition {partition}")
        found[int(partition)] = int(offset)
    return found


async def _complete_from(
    event_log: EventLog, positions: Mapping[int, int], ahead: timedelta
) -> datetime:
    """The moment from which on everything stands at these positions or behind."""
    moment = BEGINNING
    ends = await event_log.ends()
    for partition, position in positions.items():
        if position == 0:
            continue
        appended = now()
        if position < ends[partition]:
            found = await event_log.read({partition: position}, 1, FOUND)
            appended = found[0].at
        moment = max(moment, appended + ahead)
    return moment


async def spare_side(engine: AsyncEngine, tables: ConsumerTables) -> tuple[str, str]:
    """The live side, and the other one, which is nobody's now (SystemExit: a replay is
    filling it).
    """
    progress = tables.progress
    async with connected(engine) as connection:
        live = await live_side(connection, tables.live)
        spare = SIDES[1 - SIDES.index(live)]
        busy = await connection.scalar(
            sa.select(sa.func.count()).where(
                progress.c.side == spare,
                progress.c.owner.is_not(None),
                progress.c.until > now(),
            )
        )
    if busy:
        raise SystemExit(
            "the tables beside the live ones are in use, by a replay that runs or by a"
            " consumer that is about to leave them: try again in 20 seconds"
        )
    return live, spare


async def catch_up(
    consumer: StreamConsumer, engine: AsyncEngine, tables: ConsumerTables, side: str
) -> int:
    """Reads until nothing waits, and makes the side live; gives how many records were
    read.
    """
    read = 0
    while True:
        count = await consumer.once()
        read += count
        if not count and not await consumer.lag():
            break
    async with connected(engine, writing=True) as connection:
        await connection.execute(tables.live.update().values(side=side))
    await consumer.leave()
    return read
