"""Event log on Kafka: one topic, that the log itself makes, where the broker's clock
says when something came and the broker deletes what is old.

Consumers keep how far they have read beside what they make of it, so there is no
consumer group and nothing is committed here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)
from aiokafka.admin import (  # type: ignore[import-untyped]
    AIOKafkaAdminClient,
    NewPartitions,
    NewTopic,
)
from aiokafka.errors import (  # type: ignore[import-untyped]
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from .errors import Unavailable
from .event_log import Record, partition_of
from .kafka_settings import KafkaSettings, connection

TIMEOUT = 10.0  # seconds for an answer of the broker
BATCH_BYTES = 262_144  # of a partition, sent at once
FETCH_BYTES = 1_048_576  # of a partition, read ahead


class KafkaEventLog:
    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        partitions: int,
        retention: timedelta,
    ) -> None:
        """`partitions`: how many there are at least."""
        # it warns of each connection without TLS, which preflight has judged
        logging.getLogger("aiokafka.conn").setLevel(logging.ERROR)
        self._connection = connection(settings.kafka_url)
        self._replication = settings.kafka_replication
        self._topic = topic
        self._least = partitions
        self._retention = retention
        self._partitions = 0
        self._starting = asyncio.Lock()
        self._producer: Any = None
        self._consumer: Any = None
        self._stands: dict[Any, int] = {}  # where the consumer reads on

    async def append(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        async with self._answering():
            producer = await self._started_producer()
            parts: defaultdict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
            for entry in entries:
                parts[partition_of(entry[0], self._partitions)].append(entry)
            sent = [self._send(producer, *part) for part in parts.items()]
            await asyncio.gather(*sent)

    async def _send(
        self, producer: Any, partition: int, entries: Iterable[tuple[bytes, bytes]]
    ) -> None:
        waiting = []
        batch = producer.create_batch()
        for key, value in entries:
            if batch.append(key=key, value=value, timestamp=None) is None:
                waiting.append(
                    await producer.send_batch(batch, self._topic, partition=partition)
                )
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        waiting.append(
            await producer.send_batch(batch, self._topic, partition=partition)
        )
        await asyncio.gather(*waiting)

    async def read(
        self, positions: Mapping[int, int], limit: int, wait: float
    ) -> list[Record]:
        async with self._answering(wait):
            consumer = await self._started_consumer()
            wanted = {self._at(partition): at for partition, at in positions.items()}
            if consumer.assignment() != wanted.keys():
                consumer.assign(list(wanted))
                self._stands = {}
            for place, position in wanted.items():
                if self._stands.get(place) != position:
                    consumer.seek(place, position)
                    self._stands[place] = position
            found = await consumer.getmany(
                timeout_ms=int(wait * 1000), max_records=limit
            )
        records = []
        for place, messages in found.items():
            for message in messages:
                moment = datetime.fromtimestamp(message.timestamp / 1000, UTC)
                records.append(
                    Record(place.partition, message.offset, moment, message.value)
                )
            self._stands[place] = messages[-1].offset + 1
        return records

    async def begins(self) -> Mapping[int, int]:
        async with self._answering():
            consumer = await self._started_consumer()
            found = await consumer.beginning_offsets(self._places())
        return {place.partition: offset for place, offset in found.items()}

    async def ends(self) -> Mapping[int, int]:
        async with self._answering():
            consumer = await self._started_consumer()
            found = await consumer.end_offsets(self._places())
        return {place.partition: offset for place, offset in found.items()}

    async def since(self, moment: datetime) -> Mapping[int, int]:
        ends = await self.ends()
        milliseconds = int(moment.timestamp() * 1000)
        async with self._answering():
            asked = dict.fromkeys(self._places(), milliseconds)
            found = await self._consumer.offsets_for_times(asked)
        return {
            **ends,
            **{at.partition: there.offset for at, there in found.items() if there},
        }

    async def expire(self, before: datetime) -> int:
        return 0  # the broker does it

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        consumer, self._consumer = self._consumer, None
        for client in (producer, consumer):
            if client is not None:
                with suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(TIMEOUT):
                        await client.stop()

    def _at(self, partition: int) -> Any:
        return TopicPartition(self._topic, partition)

    def _places(self) -> list[Any]:
        return [self._at(partition) for partition in range(self._partitions)]

    @asynccontextmanager
    async def _answering(self, wait: float = 0.0) -> AsyncIterator[None]:
        """(Unavailable: the broker is not there.)"""
        try:
            async with asyncio.timeout(TIMEOUT + wait):
                yield
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"Kafka does not answer: {error!r}") from error

    async def _started_producer(self) -> Any:
        async with self._starting:
            if self._producer is None:
                await self._make_topic()
                self._producer = await _started(
                    AIOKafkaProducer(
                        **self._connection,
                        acks="all",
                        max_batch_size=BATCH_BYTES,
                        request_timeout_ms=int(TIMEOUT * 1000),
                    )
                )
        return self._producer

    async def _started_consumer(self) -> Any:
        async with self._starting:
            if self._consumer is None:
                await self._make_topic()
                self._stands = {}
                self._consumer = await _started(
                    AIOKafkaConsumer(
                        **self._connection,
                        group_id=None,
                        enable_auto_commit=False,
                        auto_offset_reset="earliest",
                        max_partition_fetch_bytes=FETCH_BYTES,
                        request_timeout_ms=int(TIMEOUT * 1000),
                    )
                )
        return self._consumer

    async def _make_topic(self) -> None:
        """Sees to it that the topic is there, and has as many partitions as it should."""
        if self._partitions:
            return
        kept = {
            "min.insync.replicas": str(max(1, self._replication - 1)),
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": str(int(self._retention.total_seconds() * 1000)),
        }
        topic = NewTopic(
            self._topic, self._least, self._replication, topic_configs=kept
        )
        admin = AIOKafkaAdminClient(**self._connection)
        try:
            await admin.start()
            answer = await admin.create_topics([topic])
            for name, code, *_ in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise for_code(code)(name)
            (found,) = await admin.describe_topics([self._topic])
            count = len(found["partitions"])
            if 0 < count < self._least:
                await admin.create_partitions({self._topic: NewPartitions(self._least)})
            self._partitions = max(count, self._least)
        finally:
            await admin.close()


async def _started(client: Any) -> Any:
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
    return client
