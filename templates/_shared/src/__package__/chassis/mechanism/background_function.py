"""Queue consumer and scheduled jobs as a Lambda function, with partial batch failures
and a dead letter queue.

A message is one event for one handler. What fails stays in the queue, and goes to the
dead letters in the end, or at once when it is of no use to try again; the others of its
batch go on.
"""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from .aws import client
from .background import Background, Job
from .context import PartContext
from .errors import Refused
from .functions import Event, Function, FunctionSettings, S, run

log = logging.getLogger(__name__)
# handlers, each with an event in its envelope
Reading = Callable[[Any], Iterable[tuple[str, bytes]]]


@dataclass
class Worker(ABC):
    """The background of a part, and where it sends what need not be tried again.

    How events come to its queue, and who runs a job, the database's own kind knows.
    """

    part: PartContext
    background: Background
    dead_letters: str
    # the messages of its queue, where others come beside those of `opened`
    read: Reading | None = None

    @classmethod
    def of(
        cls,
        package: str,
        part: PartContext,
        modules: Iterable[str],
        dead_letters: str,
        contracts: Mapping[str, object] | None = None,
    ) -> Self:
        """`contracts`: as `Background.add` takes them."""
        background = Background(package)
        background.add(part, modules, contracts)
        return cls(part, background, dead_letters)

    @abstractmethod
    def opened(self, message: Any) -> list[tuple[str, bytes]]:
        """The handler that a message is for, and the event in its envelope (ValueError,
        LookupError, TypeError: it is no such message).
        """

    @abstractmethod
    def written(self, message: Any) -> float:
        """When its event was written, in seconds (ValueError, LookupError, TypeError: it
        does not say).
        """

    @abstractmethod
    async def perform(self, job: Job, event: Event, seconds: float) -> None:
        """Runs a job, unless another function has it.

        `seconds`: after which this run is gone.
        """

    @abstractmethod
    async def settle(self) -> None:
        """Does what handlers have left to do, before this function stands still."""

    async def deliver(self, record: Event) -> bool:
        """Hands a message to its handler; whether it is done with, or must come back."""
        handler = "nobody"
        try:
            message = json.loads(record["body"])
            found = (self.read or self.opened)(message)
        except (ValueError, KeyError, TypeError) as error:  # no try will mend it
            await self.bury(record["body"], error)
            return True
        try:
            for handler, body in found:
                await self.background.deliver(handler, body)
        except Refused as error:
            await self.bury(record["body"], error)
        except Exception as error:  # noqa: BLE001 - the others of the batch go on
            log.warning(
                "%s to %s failed at attempt %s: %r",
                record["messageId"],
                handler,
                record["attributes"]["ApproximateReceiveCount"],
                error,
            )
            return False
        return True

    async def work(self, event: Event, seconds: float) -> None:
        """Runs a job, for a moment of its schedule (LookupError: there is none of this
        name).
        """
        if event["job"] not in self.background.jobs:
            raise LookupError(f"there is no job {event['job']}")
        job = self.background.jobs[event["job"]]
        try:
            await self.perform(job, event, seconds)
        except Refused as error:
            await self.bury(json.dumps(event), error)

    async def bury(self, body: str, error: Exception) -> None:
        """Makes a dead letter of it."""
        log.error("given up: %r", error)
        told = {"error": {"DataType": "String", "StringValue": repr(error)[:1000]}}
        letter = {
            "QueueUrl": self.dead_letters,
            "MessageBody": body,
            "MessageAttributes": told,
        }
        await asyncio.to_thread(self._queues.send_message, **letter)

    @cached_property
    def _queues(self) -> Any:
        return client("sqs")


class BackgroundFunction(Function[S, Worker]):
    def __call__(self, event: Event, context: Any) -> Event:
        works = self.built
        if "job" in event:
            seconds = 60.0
            if context:
                seconds = context.get_remaining_time_in_millis() / 1000
            run(_one(works, event, seconds))
            return {}
        records = event["Records"]
        done = run(_all(works, records))
        if context:
            _measure(works, records)
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["messageId"]}
                for record, is_done in zip(records, done, strict=True)
                if not is_done
            ]
        }

    def closing(self, built: Worker) -> Iterable[Callable[[], Awaitable[None]]]:
        return [*built.part.closing, built.part.database.close]


async def _one(works: Worker, event: Event, seconds: float) -> None:
    await works.work(event, seconds)
    await works.settle()


async def _all(works: Worker, records: list[Event]) -> list[bool]:
    """The whole batch at once, so that a slow handler holds up no other."""
    done = await asyncio.gather(*map(works.deliver, records))
    await works.settle()
    return done


def _measure(works: Worker, records: list[Event]) -> None:
    """Tells how long the batch's events took from where they were written to the queue."""
    from aws_lambda_powertools.metrics import Metrics, MetricUnit

    lags = [lag for record in records if (lag := _lag(works, record)) is not None]
    if lags:
        settings = works.part.read(FunctionSettings)
        metrics = Metrics(namespace=settings.stack, service=settings.part)
        metrics.add_metric("EventLag", MetricUnit.Seconds, max(lags))
        metrics.flush_metrics()


def _lag(works: Worker, record: Event) -> float | None:
    """In seconds; None: it came another way."""
    try:
        sent = int(record["attributes"]["SentTimestamp"]) / 1000
        return max(sent - works.written(json.loads(record["body"])), 0)
    except (ValueError, LookupError, TypeError):
        return None
