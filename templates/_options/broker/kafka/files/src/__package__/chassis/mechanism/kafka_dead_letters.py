"""Dead letters in Kafka: what each module's consumer has given up, and has it tried
again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .envelope import opened
from .errors import Refused
from .kafka import Kafka, Record, TopicPartition
from .kafka_consumer import Headers

WAIT = 1000  # milliseconds for what is known to be there


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


async def _read(kafka: Kafka, module: str) -> list[Any]:
    """Those that were not replayed."""
    place = TopicPartition(kafka.topics.dead(module), 0)
    found: list[Any] = []
    consumer = kafka.consumer(kafka.topics.replayed(module))
    await consumer.start()
    try:
        if place.topic not in await consumer.topics():
            return found
        consumer.assign([place])
        ends = await consumer.end_offsets([place])
        while await consumer.position(place) < ends[place]:
            batch = await consumer.getmany(place, timeout_ms=WAIT)
            found += batch.get(place, [])
    finally:
        await consumer.stop()
    return found


async def _commit(kafka: Kafka, module: str, offset: int) -> None:
    place = TopicPartition(kafka.topics.dead(module), 0)
    consumer = kafka.consumer(kafka.topics.replayed(module))
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.commit({place: offset})
    finally:
        await consumer.stop()


def _name(message: Any) -> str:
    try:
        envelope = opened(message.value)
    except Refused:
        return f"{message.topic} {message.offset}"
    return f"{envelope.type} {envelope.id}"
