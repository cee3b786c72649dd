"""Whatever happens to consumers, windows are those of a reference that counts the
events apart.

Events come twice, late and too late; consumers die before and after their commit, and
come back believing that they own what others took over; time passes, what is old is
deleted, and the log is replayed from anywhere.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.support.samples import times

HOUR = timedelta(hours=1)
DEVICES = [UUID(int=number) for number in range(1, 4)]
Lab = Callable[[str], Any]
EXAMPLES = times(25, 8, "ARCHGEN_EXAMPLES")
Key = tuple[UUID, str, datetime]

# device, kind, hours ago, seconds, value
EVENTS = st.tuples(
    st.sampled_from(DEVICES),
    st.sampled_from(["heat", "noise"]),
    st.sampled_from([-0.05, 0, 0, 0, 1, 23.5, 24.5, 40]),
    st.integers(0, 200),
    st.decimals(-1000, 1000, places=4),
)
CONSUMERS = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("append"), st.lists(EVENTS, min_size=1, max_size=8)),
    st.tuples(
        st.just("append again"), st.lists(st.integers(0, 40), min_size=1, max_size=8)
    ),
    st.tuples(st.just("consume"), CONSUMERS),
    st.tuples(st.just("consume"), CONSUMERS),
    st.tuples(st.just("die before the commit"), CONSUMERS),
    st.tuples(st.just("die after the commit"), CONSUMERS),
    st.tuples(st.just("leave"), CONSUMERS),
    st.tuples(st.just("time"), st.sampled_from([30, 3600, 20 * 3600, 30 * 3600])),
    st.tuples(st.just("forget"), st.none()),
    st.tuples(st.just("expire"), st.none()),
    st.tuples(
        st.just("replay"), st.sampled_from(["", "0:1", "0:2,2:3", 0.5, 1, 30, 100])
    ),
)


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


class System:
    def __init__(self, lab: Lab, database: Any, clock: Clock) -> None:
        self.lab = lab
        self.clock = clock
        self.repository = lab("aggregates.repository")
        self.consuming = lab("chassis.mechanism.stream_consumer")
        self.log = lab("chassis.mechanism.sql_event_log").SqlEventLog(
            database, "events", 3
        )
        self.engine = database.module("aggregates")
        self.database = database
        self.writer = lab("aggregates.consumer").WindowWriter(60, 24 * HOUR)
        self.consumers = [self.consumer() for _ in range(3)]
        self.sent: list[Any] = []
        self.counted: set[UUID] = set()
        self.expected: defaultdict[Key, list[Decimal]] = defaultdict(list)

    def consumer(self, write: Any = None) -> Any:
        tables = self.repository.CONSUMER
        return self.consuming.StreamConsumer(
            self.log, self.engine, tables, write or self.writer.write, batch=9, wait=0
        )

    async def make_tables(self) -> None:
        for module in ("events", "aggregates"):
            metadata = self.lab(f"{module}.repository").metadata
            async with self.database.module(module).begin() as connection:
                await connection.run_sync(metadata.create_all)

    async def append(self, events: list[Any]) -> None:
        measured = self.lab("contracts.stream").Measured
        new: list[Any] = []
        for device, kind, hours, seconds, value in events:
            at = self.clock.moment - timedelta(hours=hours) - timedelta(seconds=seconds)
            new.append(
                measured(UUID(int=len(self.sent) + len(new)), device, at, kind, value)
            )
        self.sent += new
        await self.send(new)

    async def append_again(self, numbers: list[int]) -> None:
        """Copies of what was sent last, a while ago or long ago."""
        await self.send(
            [self.sent[-1 - number] for number in numbers if number < len(self.sent)]
        )

    async def send(self, events: list[Any]) -> None:
        for event in events:
            self.expect(event)
        encode = self.lab("contracts.stream").encode
        await self.log.append(
            [(event.device_id.bytes, encode(event)) for event in events]
        )

    def expect(self, event: Any) -> None:
        """The reference: what is not late counts once, in its minute."""
        if self.clock.moment - event.at > 24 * HOUR or event.id in self.counted:
            return
        self.counted.add(event.id)
        minute = event.at.replace(second=0, microsecond=0)
        self.expected[event.device_id, event.kind, minute].append(event.value)

    async def consume(self, number: int) -> None:
        await self.consumers[number].once()

    async def die_before_the_commit(self, number: int) -> None:
        async def write(*arguments: Any) -> None:
            await self.writer.write(*arguments)
            raise RuntimeError("killed")

        dying = self.consumer(write)
        dying._positions, dying._id = (
            self.consumers[number]._positions,
            self.consumers[number]._id,
        )
        dying._side, dying._renewal = (
            self.consumers[number]._side,
            self.consumers[number]._renewal,
        )
        try:
            await dying.once()
        except RuntimeError:
            self.consumers[number] = self.consumer()

    async def die_after_the_commit(self, number: int) -> None:
        """What it knew is lost, and its partitions are still its own for a while."""
        await self.consume(number)
        self.consumers[number] = self.consumer()

    async def leave(self, number: int) -> None:
        await self.consumers[number].leave()

    async def time(self, seconds: int) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    async def forget(self, _: None) -> None:
        await (
            self.lab("aggregates.retention")
            .AggregatesRetention(self.log, self.engine, 24 * HOUR)
            .once()
        )

    async def expire(self, _: None) -> None:
        await self.drain()
        await self.log.expire(self.clock.moment - timedelta(days=3))

    async def replay(self, said: str | float) -> None:
        if isinstance(said, float | int):
            said = (self.clock.moment - said * HOUR).isoformat()
        told = self.lab("aggregates.settings").AggregatesSettings(_env_file=None)
        passing = asyncio.ensure_future(self.pass_time())
        try:
            await (
                self.lab("aggregates.replay")
                .AggregatesReplay(self.log, self.engine, told)
                .run(said)
            )
        except SystemExit:  # one that was live until now has not left yet
            pass
        finally:
            passing.cancel()

    async def pass_time(self) -> None:
        """Who waits for a consumer that died is helped by time alone."""
        while True:
            await asyncio.sleep(0.3)
            self.clock.moment += timedelta(seconds=10)

    async def drain(self) -> None:
        last = self.consumer()
        self.clock.moment += timedelta(minutes=1)  # what nobody extends is free
        while await last.once() or await last.lag():
            pass
        await last.leave()

    async def windows(self) -> dict[Key, tuple[int, Decimal, Decimal, Decimal]]:
        async with self.engine.connect() as connection:
            side = await self.consuming.live_side(
                connection, self.repository.CONSUMER.live
            )
            rows = await connection.execute(
                sa.select(self.repository.TABLES[side].windows)
            )
        return {
            (row["device_id"], row["kind"], row["window_start"]): (
                row["count"],
                row["sum"],
                row["min"],
                row["max"],
            )
            for row in rows.mappings()
        }


@pytest.fixture
def clock(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()
    for module in ("sql_event_log", "stream_consumer", "stream_replay"):
        monkeypatch.setattr(lab(f"chassis.mechanism.{module}"), "now", told)
    monkeypatch.setattr(lab("aggregates.retention"), "now", told)
    return told


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # each example takes a while, so none is made smaller
    suppress_health_check=list(HealthCheck),
)
@given(steps=st.lists(STEPS, min_size=20, max_size=40))
@example(  # nobody has read them yet, and they are older than what is read once more
    steps=[
        ("append", [(UUID(int=1), "heat", 0, 10, Decimal("1.5"))]),
        ("time", 3600),
        ("replay", 0.5),
    ]
)
def test_windows_are_those_of_the_reference_whatever_happens(
    lab: Lab, clock: Clock, steps: list[tuple[str, Any]]
) -> None:
    async def run(folder: str) -> None:
        database = lab("chassis.mechanism.sql").Database(
            f"sqlite+aiosqlite:///{folder}"
        )
        try:
            system = System(lab, database, clock)
            await system.make_tables()
            for name, argument in steps:
                await getattr(system, name.replace(" ", "_"))(argument)
            await system.drain()
            assert await system.windows() == {
                key: (len(values), sum(values, Decimal(0)), min(values), max(values))
                for key, values in system.expected.items()
            }
        finally:
            await database.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))
