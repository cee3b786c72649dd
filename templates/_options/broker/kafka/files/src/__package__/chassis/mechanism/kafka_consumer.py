"""Event consumers on Kafka: each module that handles events is a consumer group.

An event's offset is committed once its handlers' transactions are, so it arrives at
least once, and in order within its key. What fails waits in a retry topic and holds up
no other key; what comes of its own key waits behind it. What fails to the end, or
cannot be read, is a dead letter.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from .background import HANDLER_TIMEOUT, Background
from .envelope import opened
from .errors import Failing, Problem, Refused, Unavailable
from .kafka import (
    CommitFailedError,
    ConsumerRebalanceListener,
    IllegalStateError,
    Kafka,
    KafkaError,
    RangePartitionAssignor,
    Record,
    TopicPartition,
)
from .kafka_dead_letters import Letters, count_letters
from .kafka_headers import Headers
from .kafka_topics import DELAYS

log = logging.getLogger(__name__)
BATCH = 100  # events in hand
AT_ONCE = 16  # handlers at work
LOOK = 0.5  # seconds between looks at what waits
MAX_PAUSE = 5.0  # seconds between attempts while something is away
RECONNECT = 2.0  # seconds
LOOK_AT_LETTERS = 30.0  # seconds between looks at the dead letters
Place = tuple[int, str, bytes | None]  # partition, handler, key


class Later(Exception):
    """Not now; its partition waits until then."""

    def __init__(self, due: float) -> None:
        self.due = due


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Of one module.

    `known`: the kinds of events that somebody handles; others it cannot pass over.
    """

    def __init__(
        self, kafka: Kafka, background: Background, module: str, known: Container[str]
    ) -> None:
        self.module = module
        self._kafka = kafka
        self._background = background
        self._handlers = background.handlers_of(module)
        self._known = known
        publishers = {kind.partition(".")[0] for kind in self._handlers}
        self._topics = kafka.topics.of_handling(module, publishers)
        # by topic: how often what it has was tried
        self._levels = dict.fromkeys(self._topics, 0)
        for number, topic in enumerate(kafka.topics.retries(module), 1):
            self._levels[topic] = number
        self._consumer: Any = None
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._idle = asyncio.Event()
        self._leaving = False
        self._forget(())

    # what it knows of the partitions that are its own

    def _forget(self, assigned: Iterable[Any]) -> None:
        self._unlearned = set(assigned)
        self._next: dict[Any, int] = {}  # the first offset that is not done
        self._done: defaultdict[Any, set[int]] = defaultdict(set)  # behind that
        self._waiting: dict[Any, float] = {}  # when a partition goes on
        self._pauses: Counter[Any] = Counter()
        # by level: how much of a key waits there for a handler
        self._parked: defaultdict[int, Counter[Place]] = defaultdict(Counter)

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """What is in hand is finished before others get the partitions."""
        self._leaving = True
        await self._idle.wait()
        self._forget(())

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self._forget(assigned)
        self._leaving = False

    async def run(self) -> None:
        while True:
            try:
                await self._consume()
            except (KafkaError, Unavailable, OSError) as error:
                log.warning("%s cannot read its events: %r", self.module, error)
            await asyncio.sleep(RECONNECT)

    async def _consume(self) -> None:
        self._idle.set()
        self._leaving = False
        await self._kafka.make(self._topics)
        self._consumer = self._kafka.consumer(
            self._kafka.topics.group(self.module),
            # retries of a partition are where the partition is
            partition_assignment_strategy=(RangePartitionAssignor,),
            rebalance_timeout_ms=int(2000 * HANDLER_TIMEOUT),
        )
        self._consumer.subscribe(self._topics, listener=self)
        try:
            await self._consumer.start()
            while True:
                turn = asyncio.ensure_future(self._turn())
                try:
                    await asyncio.shield(turn)
                # graceful shutdown: what is in hand is finished first
                except asyncio.CancelledError:
                    self._leaving = True
                    await asyncio.wait([turn])
                    raise
        finally:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(RECONNECT):
                    await self._consumer.stop()

    async def _turn(self) -> None:
        self._resume()
        found = await self._consumer.getmany(
            timeout_ms=int(1000 * LOOK), max_records=BATCH
        )
        if not found or self._leaving:
            return
        self._idle.clear()
        try:
            await self._learn(found)
            await asyncio.gather(
                *[self._partition(place, batch) for place, batch in found.items()]
            )
            await self._commit(found)
        finally:
            self._idle.set()

    def _resume(self) -> None:
        now = time.time()
        for place, due in list(self._waiting.items()):
            if due <= now:
                del self._waiting[place]
                self._consumer.resume(place)

    async def _commit(self, places: Iterable[Any]) -> None:
        """Up to the first event of each that is not done."""
        with suppress(IllegalStateError):  # it is another's meanwhile
            for place in places:
                if place in self._waiting:
                    self._consumer.pause(place)
                    self._consumer.seek(place, self._next[place])
        try:
            await self._consumer.commit({place: self._next[place] for place in places})
        except (CommitFailedError, IllegalStateError):
            # others have them already: the inbox knows what was done here
            log.warning("%s was too late to commit its offsets", self.module)

    async def _learn(self, found: Mapping[Any, Sequence[Any]]) -> None:
        """Which keys wait in the retry topics of partitions that are new here, also in
        what was found there just now.
        """
        new, self._unlearned = self._unlearned, set()
        retries = [place for place in new if self._levels[place.topic]]
        ends = await self._consumer.end_offsets(retries)
        left = {}
        for place in retries:
            begin = await self._consumer.position(place)
            if place in found:
                begin = found[place][0].offset
            if begin < ends[place]:
                left[place] = begin
        if left:
            await self._look_through(left, ends)

    async def _look_through(
        self, begins: Mapping[Any, int], ends: Mapping[Any, int]
    ) -> None:
        reader = self._kafka.consumer(None)
        await reader.start()
        try:
            reader.assign(list(begins))
            for place, begin in begins.items():
                reader.seek(place, begin)
            left = set(begins)
            while left:
                found = await reader.getmany(*left, timeout_ms=int(1000 * LOOK))
                for batch in found.values():
                    for message in batch:
                        if message.offset < ends[_place(message)]:
                            self._park(message, Headers.of(message).handler)
                for place in list(left):
                    if await reader.position(place) >= ends[place]:
                        left.discard(place)
        finally:
            await reader.stop()

    # the events

    async def _partition(self, place: Any, batch: Sequence[Any]) -> None:
        """Those of a key one after the other, keys beside each other."""
        self._next.setdefault(place, batch[0].offset)
        keys: defaultdict[bytes | None, list[Any]] = defaultdict(list)
        for message in batch:
            if message.offset not in self._done[place]:
                keys[message.key].append(message)
        await asyncio.gather(*[self._key(place, found) for found in keys.values()])
        done = self._done[place]
        for message in batch:
            if message.offset not in done:
                break
            done.discard(message.offset)
            self._next[place] = message.offset + 1
        if self._next[place] <= batch[-1].offset:
            self._waiting.setdefault(place, 0.0)
        else:
            self._pauses[place] = 0

    async def _key(self, place: Any, messages: Sequence[Any]) -> None:
        for message in messages:
            if self._leaving:
                return
            try:
                async with self._limit:
                    await self._message(message)
            except Later as later:
                due = self._waiting.get(place, later.due)
                self._waiting[place] = min(due, later.due)
                return
            self._done[place].add(message.offset)

    async def _message(self, message: Any) -> None:
        level = self._levels[message.topic]
        told = Headers()
        if level:
            told = Headers.of(message)
        if float(told.due) > time.time():
            raise Later(float(told.due))
        try:
            kind = opened(message.value).type
        except Refused as error:
            await self._bury(message, told, error)
            return
        handlers = self._handlers.get(kind, ())
        if told.handler:
            handlers = [told.handler]
        if not handlers and kind not in self._known:
            await self._again(message, told, LookupError(f"nobody knows {kind}"))
        for handler in handlers:
            await self._handle(message, told._replace(handler=handler))
        if level:
            self._unpark(message, told.handler)

    async def _handle(self, message: Any, told: Headers) -> None:
        ahead = self._ahead(message, told.handler)
        if ahead:
            await self._forward(message, told, ahead)
            return
        try:
            await self._background.deliver(told.handler, message.value)
        except Refused as error:
            await self._bury(message, told, error)
        except Unavailable as error:
            if isinstance(error, Failing):
                await self._again(message, told, error)
            else:  # what is only away comes back
                raise Later(self._pause(message, told, error)) from error
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others go on
            await self._again(message, told, error)

    def _pause(self, message: Any, told: Headers, error: Exception) -> float:
        place = _place(message)
        self._pauses[place] += 1
        pause: float = min(0.1 * 2 ** self._pauses[place], MAX_PAUSE)
        log.warning("%s waits for %.1f s: %r", told.handler, pause, error)
        return time.time() + pause

    async def _again(self, message: Any, told: Headers, error: Exception) -> None:
        """Into the next retry topic, or to the dead letters after the last."""
        level = self._levels[message.topic]
        if level == len(DELAYS):
            await self._bury(message, told, error)
            return
        log.warning(
            "%s at %s failed at attempt %d: %r",
            told.handler,
            _where(message),
            int(told.attempts) + 1,
            error,
            exc_info=not isinstance(error, Problem),
        )
        tried = told._replace(
            attempts=str(int(told.attempts) + 1), error=repr(error)[:1000]
        )
        await self._forward(message, tried, level + 1)

    async def _forward(self, message: Any, told: Headers, level: int) -> None:
        """`level`: of the retry topic that it goes to."""
        due = time.time() + DELAYS[level - 1]
        topic = self._kafka.topics.retries(self.module)[level - 1]
        place = (message.partition, told.handler, message.key)
        self._parked[level][place] += 1
        try:
            await self._send(
                message, topic, told._replace(due=str(due)), message.partition
            )
        except Later:
            self._parked[level][place] -= 1
            raise

    async def _bury(self, message: Any, told: Headers, error: Exception) -> None:
        log.error("%s at %s is given up: %r", told.handler, _where(message), error)
        attempts = str(int(told.attempts) + 1)
        told = told._replace(attempts=attempts, error=repr(error)[:1000], due="0")
        told = told._replace(partition=str(message.partition))
        await self._send(message, self._kafka.topics.dead(self.module), told, 0)

    async def _send(
        self, message: Any, topic: str, told: Headers, partition: int
    ) -> None:
        record = Record(topic, message.key, message.value, told._asdict(), partition)
        try:
            await self._kafka.delivered(await self._kafka.send(record))
        except Unavailable as error:
            raise Later(self._pause(message, told, error)) from error

    # what waits

    def _park(self, message: Any, handler: str) -> None:
        level = self._levels[message.topic]
        self._parked[level][message.partition, handler, message.key] += 1

    def _unpark(self, message: Any, handler: str) -> None:
        places = self._parked[self._levels[message.topic]]
        place = (message.partition, handler, message.key)
        places[place] -= 1
        if places[place] <= 0:
            del places[place]

    def _ahead(self, message: Any, handler: str) -> int:
        """The next level that has something of this key before it; 0: none."""
        place = (message.partition, handler, message.key)
        for level in range(self._levels[message.topic] + 1, len(DELAYS) + 1):
            if self._parked[level][place] > 0:
                return level
        return 0

    def lag(self) -> int:
        """How many events wait in its partitions, as far as it has heard."""
        waiting = 0
        for place, next_offset in self._next.items():
            with suppress(AssertionError):
                end = self._consumer.highwater(place)
                if not self._levels[place.topic] and end is not None:
                    waiting += max(0, end - next_offset)
        return waiting

    def retrying(self) -> int:
        return sum(sum(places.values()) for places in self._parked.values())


def _place(message: Any) -> Any:
    return TopicPartition(message.topic, message.partition)


def _where(message: Any) -> str:
    return f"{message.topic}/{message.partition}/{message.offset}"


class Consumers:
    """Of all modules of a part that handle events; without Kafka none."""

    def __init__(
        self,
        kafka: Kafka,
        background: Background,
        modules: Iterable[str],
        known: Iterable[str] = (),
    ) -> None:
        """`known`: the kinds of events that other parts handle, too."""
        self._kafka = kafka
        self._letters: dict[str, Letters] = {}
        self._max_lag = kafka.settings.kafka_max_lag
        self._consumers: list[Consumer] = []
        if not kafka.settings.kafka_url:
            return
        kinds = set(known)
        for module in modules:
            kinds.update(background.handlers_of(module))
        for module in modules:
            if background.handlers_of(module):
                self._consumers.append(Consumer(kafka, background, module, kinds))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for consumer in self._consumers:
                group.create_task(consumer.run())
            group.create_task(self._look_at_letters())

    async def _look_at_letters(self) -> None:
        while True:
            for consumer in self._consumers:
                # while Kafka is away, what was there is said
                with suppress(Unavailable):
                    found = await count_letters(self._kafka, consumer.module)
                    self._letters[consumer.module] = found
            await asyncio.sleep(LOOK_AT_LETTERS)

    async def check(self) -> None:
        """(Unavailable: more waits than may.)"""
        late = [one.module for one in self._consumers if one.lag() > self._max_lag]
        if late:
            raise Unavailable(f"too many events wait for {', '.join(late)}")

    async def metrics(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for one in self._consumers:
            found[f'event_lag{{group="{one.module}"}}'] = one.lag()
            found[f'event_retries{{group="{one.module}"}}'] = one.retrying()
        for module, letters in self._letters.items():
            found[f'event_dead_letters{{group="{module}"}}'] = letters.number
            found[f'event_dead_letter_age_seconds{{group="{module}"}}'] = letters.age()
        return found
