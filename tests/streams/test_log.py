"""The log of events keeps what it was given, in the order of each key, on every
adapter.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.streams.conftest import PARTITIONS, Work

OnLog = Callable[[Work], None]
NOTHING = dict.fromkeys(range(PARTITIONS), 0)


def numbered(count: int, start: int = 0) -> list[tuple[bytes, bytes]]:
    """Entries of seven keys in turn."""
    return [
        (f"key {n % 7}".encode(), f"key {n % 7}: {n}".encode())
        for n in range(start, start + count)
    ]


async def everything(
    log: Any, positions: dict[int, int] | None = None, limit: int = 100
) -> list[Any]:
    """All records, read as a consumer reads them."""
    at, found = dict(positions or await log.begins()), []
    ends = await log.ends()
    while any(at[partition] < ends[partition] for partition in at):
        records = await log.read(at, limit, 5.0)
        assert records, "records are there and were not read"
        for record in records:
            assert record.offset == at[record.partition]
            at[record.partition] += 1
        found += records
    return found


def test_what_was_appended_is_read_in_the_order_of_its_key(on_log: OnLog) -> None:
    async def work(log: Any) -> None:
        assert await log.begins() == await log.ends() == NOTHING
        for start in range(0, 400, 50):
            await log.append(numbered(50, start))
        records = await everything(log)
        assert len(records) == 400 == sum((await log.ends()).values())
        by_key: dict[bytes, list[int]] = defaultdict(list)
        places: dict[bytes, set[int]] = defaultdict(set)
        for record in records:
            key, _, number = record.value.partition(b": ")
            by_key[key].append(int(number))
            places[key].add(record.partition)
        assert all(numbers == sorted(numbers) for numbers in by_key.values())
        assert len(by_key) == 7 and all(
            len(partitions) == 1 for partitions in places.values()
        )

    on_log(work)


def test_appends_at_once_leave_no_gap_and_lose_nothing(on_log: OnLog) -> None:
    async def work(log: Any) -> None:
        await asyncio.gather(
            *(log.append(numbered(20, start)) for start in range(0, 400, 20))
        )
        values = [record.value for record in await everything(log, limit=37)]
        assert sorted(values) == sorted(value for _, value in numbered(400))

    on_log(work)


def test_a_reader_goes_on_from_any_offset_again_and_again(on_log: OnLog) -> None:
    async def work(log: Any) -> None:
        await log.append(numbered(100))
        every = await everything(log)
        ends = await log.ends()
        middle = {partition: end // 2 for partition, end in ends.items()}
        for _ in range(2):
            again = await everything(log, middle)
            kept = [
                record for record in every if record.offset >= middle[record.partition]
            ]
            key = lambda record: (record.partition, record.offset)  # noqa: E731
            assert sorted(again, key=key) == sorted(kept, key=key)
        one = await log.read({0: ends[0] - 1}, 10, 5.0)
        assert [(record.partition, record.offset) for record in one] == [
            (0, ends[0] - 1)
        ]

    on_log(work)


def test_a_reader_waits_for_what_is_not_there_yet(on_log: OnLog) -> None:
    async def work(log: Any) -> None:
        assert await log.read(NOTHING, 10, 0.1) == []
        reading = asyncio.ensure_future(log.read(NOTHING, 10, 30.0))
        await asyncio.sleep(0)
        await log.append(numbered(1))
        (record,) = await reading
        assert record.value == b"key 0: 0"

    on_log(work)


def test_a_moment_is_found_and_the_log_s_clock_says_when_something_came(
    on_log: OnLog,
) -> None:
    async def work(log: Any) -> None:
        await log.append(numbered(50))
        first = await everything(log)
        latest = max(record.at for record in first)
        assert abs(latest - datetime.now(UTC)) < timedelta(minutes=1)
        await asyncio.sleep(
            (latest + timedelta(milliseconds=20) - datetime.now(UTC)).total_seconds()
        )
        before = await log.ends()
        await log.append(numbered(50))
        assert await log.since(latest + timedelta(milliseconds=10)) == before
        assert await log.since(latest - timedelta(hours=1)) == await log.begins()
        assert await log.since(latest + timedelta(hours=1)) == await log.ends()

    on_log(work)
