"""Dead letters in Kafka: what each module's consumer has given up, and has it tried
again.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from .envelope import opened
from .errors import Refused, Unavailable
from .kafka import Kafka, KafkaError, Record, TopicPartition
from .kafka_headers import Headers

WAIT = 1000  # milliseconds for what is known to be there


class Letters(NamedTuple):
    """`since`: when the oldest was given up, in seconds since 1970."""

    number: int
    since: float = 0.0

    def age(self) -> float:
        if not self.number:
            return 0.0
        return max(0.0, time.time() - self.since)


async def letters(kafka: Kafka, modules: Iterable[str]) -> list[str]:
    """A line for each: what it is, and why it could not be done."""
    lines = []
    for module in modules:
        for message in await _read(kafka, module):
            told = Headers.of(message)
            lines.append(
                f"{_name(message)} to {told.handler or module} after {told.attempts}"
                f" attempts: {told.error}"
            )
    return lines


async def replay_letters(kafka: Kafka, modules: Iterable[str]) -> None:
    """Gives all of them their attempts again, and has them due now."""
    for module in modules:
        found = await _read(kafka, module)
        for message in found:
            told = Headers.of(message)
            again = Headers(handler=told.handler)
            record = Record(
                kafka.topics.retries(module)[0],
                message.key,
                message.value,
                again._asdict(),
                int(told.partition),
            )
            await kafka.delivered(await kafka.send(record))
        if found:
            await _commit(kafka, module, found[-1].offset + 1)


async def count_letters(kafka: Kafka, module: str) -> Letters:
    """Those that were not replayed."""
    place = _place(kafka, module)
    async with _unread(kafka, module) as (consumer, begin, end):
        if begin == end:
            return Letters(0)
        batch = await consumer.getmany(place, timeout_ms=WAIT, max_records=1)
        oldest = [message.timestamp / 1000 for message in batch.get(place, [])]
        return Letters(end - begin, *oldest)


async def _read(kafka: Kafka, module: str) -> list[Any]:
    place = _place(kafka, module)
    found: list[Any] = []
    async with _unread(kafka, module) as (consumer, begin, end):
        while begin < end:
            batch = await consumer.getmany(place, timeout_ms=WAIT)
            found += batch.get(place, [])
            begin = await consumer.position(place)
    return found


@asynccontextmanager
async def _unread(kafka: Kafka, module: str) -> AsyncIterator[tuple[Any, int, int]]:
    """A consumer of those that were not replayed, and the offsets between which they
    are (Unavailable).
    """
    place = _place(kafka, module)
    consumer = kafka.consumer(kafka.topics.replayed(module))
    begin = end = 0
    try:
        await consumer.start()
        if place.topic in await consumer.topics():
            consumer.assign([place])
            kept = await consumer.beginning_offsets([place])
            begin = max(kept[place], await consumer.position(place))
            ends = await consumer.end_offsets([place])
            end = ends[place]
        yield consumer, begin, end
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka does not answer: {error!r}") from error
    finally:
        await consumer.stop()


async def _commit(kafka: Kafka, module: str, offset: int) -> None:
    async with _unread(kafka, module) as (consumer, _, _):
        await consumer.commit({_place(kafka, module): offset})


def _place(kafka: Kafka, module: str) -> Any:
    return TopicPartition(kafka.topics.dead(module), 0)


def _name(message: Any) -> str:
    try:
        envelope = opened(message.value)
    except Refused:
        return f"{message.topic} {message.offset}"
    return f"{envelope.type} {envelope.id}"
