"""Kafka's clients of one part: a producer that all share, and topics that are made when
they are needed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    TopicPartition,
)
from aiokafka.admin import (  # type: ignore[import-untyped]
    AIOKafkaAdminClient,
    NewPartitions,
    NewTopic,
)
from aiokafka.coordinator.assignors.range import (  # type: ignore[import-untyped]
    RangePartitionAssignor,
)
from aiokafka.errors import (  # type: ignore[import-untyped]
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAlreadyExistsError,
    for_code,
)

from .errors import Refused, Unavailable
from .kafka_settings import KafkaSettings, connection
from .kafka_topics import Topics

__all__ = [
    "CommitFailedError",
    "ConsumerRebalanceListener",
    "IllegalStateError",
    "Kafka",
    "KafkaError",
    "RangePartitionAssignor",
    "Record",
    "TopicPartition",
]
SEND_TIMEOUT = 15.0  # seconds; less than the lease of the outbox's relay
CLOSE_TIMEOUT = 5.0  # seconds
DEAD_LETTERS_KEPT = 30 * 24 * 3600 * 1000  # milliseconds
EXISTS = TopicAlreadyExistsError.errno


class Record(NamedTuple):
    """`partition`: None to have it chosen by the key."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Mapping[str, str] = {}
    partition: int | None = None


class Kafka:
    def __init__(self, settings: KafkaSettings, system: str) -> None:
        """`system`: what the names of topics and groups begin with."""
        self.topics = Topics(system)
        self.settings = settings
        self._connection: dict[str, Any] = {}
        # it warns of each connection without TLS, which preflight has judged
        logging.getLogger("aiokafka.conn").setLevel(logging.ERROR)
        if settings.kafka_url:
            self._connection = connection(settings.kafka_url)
        self._producer: Any = None
        self._starting = asyncio.Lock()
        self._made: set[str] = set()

    def consumer(self, group: str | None, **options: Any) -> Any:
        """One that has not started, and commits nothing by itself."""
        return AIOKafkaConsumer(
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            **self._connection,
            **options,
        )

    async def send(self, record: Record) -> asyncio.Future[Any]:
        """Done when all brokers have it that must; until then it is tried again."""
        await self.make([record.topic])
        headers = [(name, value.encode()) for name, value in record.headers.items()]
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                producer = await self._started()
                return await producer.send(  # type: ignore[no-any-return]
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    headers=headers,
                )
        except MessageSizeTooLargeError as error:
            raise Refused("It is larger than the broker takes") from error
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"Kafka does not take it: {error!r}") from error

    async def delivered(self, sent: asyncio.Future[Any]) -> None:
        """(Unavailable: not yet, or nobody knows.)"""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await asyncio.shield(sent)
        except TimeoutError as error:
            raise Unavailable("Kafka does not answer") from error
        except KafkaError as error:
            # what it has numbered since may not be taken any more
            await self._drop()
            raise Unavailable(f"Kafka does not take it: {error!r}") from error

    async def make(self, topics: Iterable[str]) -> None:
        """Sees to it that these are there, with as many partitions as the settings say
        (Unavailable).
        """
        missing = [topic for topic in topics if topic not in self._made]
        if not missing:
            return
        admin = AIOKafkaAdminClient(**self._connection)
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await admin.start()
                await self._make(admin, missing)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"Kafka does not answer: {error!r}") from error
        finally:
            await admin.close()
        self._made.update(missing)

    async def _make(self, admin: Any, topics: list[str]) -> None:
        new = [self._new(topic) for topic in topics]
        answer = await admin.create_topics(new)
        for topic, code, *_ in answer.topic_errors:
            if code not in (0, EXISTS):
                raise for_code(code)(topic)
        grown = {}
        for topic, count in (await self._known(admin, topics)).items():
            if count < self._partitions(topic):
                grown[topic] = NewPartitions(self._partitions(topic))
        if grown:
            await admin.create_partitions(grown)

    async def _known(self, admin: Any, topics: list[str]) -> Mapping[str, int]:
        """How many partitions each has, once the brokers have heard of all."""
        while True:
            described = await admin.describe_topics(topics)
            found = {topic["topic"]: len(topic["partitions"]) for topic in described}
            if all(found.values()):
                return found
            await asyncio.sleep(0.1)

    def _new(self, topic: str) -> Any:
        kept = {"min.insync.replicas": str(max(1, self.settings.kafka_replication - 1))}
        if topic.endswith(".dead"):
            kept["retention.ms"] = str(DEAD_LETTERS_KEPT)
        return NewTopic(
            topic,
            self._partitions(topic),
            self.settings.kafka_replication,
            topic_configs=kept,
        )

    def _partitions(self, topic: str) -> int:
        if topic.endswith(".dead"):
            return 1
        return self.settings.kafka_partitions

    async def _started(self) -> Any:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._connection, acks="all", enable_idempotence=True
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await producer.stop()

    async def close(self) -> None:
        await self._drop()
