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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .aws import client
from .background import Background
from .context import PartContext
from .dynamodb_jobs import once
from .errors import Refused
from .functions import Event, Function, FunctionSettings, S, run

log = logging.getLogger(__name__)
# handlers, each with an event in its envelope
Reading = Callable[[Any], Iterable[tuple[str, bytes]]]


def of_stream(message: Any) -> list[tuple[str, bytes]]:
    """What a new row of an outbox says (ValueError, LookupError, TypeError: it is
    none).
    """
    row = message["dynamodb"]["NewImage"]
    return [(row["handler"]["S"], row["body"]["S"].encode())]


@dataclass
class Worker:
    """The background of a part, and where it sends what need not be tried again."""

    part: PartContext
    background: Background
    dead_letters: str
    read: Reading = of_stream  # the messages of its queue

    @classmethod
    def of(
        cls,
        package: str,
        part: PartContext,
        modules: Iterable[str],
        dead_letters: str,
        contracts: Mapping[str, object] | None = None,
    ) -> Worker:
        """`contracts`: as `Background.add` takes them."""
        background = Background(package)
        background.add(part, modules, contracts)
        return cls(part, background, dead_letters)

    async def deliver(self, record: Event) -> bool:
        """Hands a message to its handler; whether it is done with, or must come back."""
        handler = "nobody"
        try:
            found = self.read(json.loads(record["body"]))
        except (ValueError, KeyError, TypeError) as error:  # no try will mend it
            await self._bury(record["body"], error)
            return True
        try:
            for handler, body in found:
                await self.background.deliver(handler, body)
        except Refused as error:
            await self._bury(record["body"], error)
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
            await once(self.part.database.module(job.module), job, event["at"], seconds)
        except Refused as error:
            await self._bury(json.dumps(event), error)

    async def _bury(self, body: str, error: Exception) -> None:
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
            run(works.work(event, seconds))
            return {}
        records = event["Records"]
        done = run(_all(works, records))
        if context:
            _measure(works.part.read(FunctionSettings), records)
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["messageId"]}
                for record, is_done in zip(records, done, strict=True)
                if not is_done
            ]
        }


async def _all(works: Worker, records: list[Event]) -> list[bool]:
    """The whole batch at once, so that a slow handler holds up no other."""
    return await asyncio.gather(*map(works.deliver, records))


def _measure(settings: FunctionSettings, records: list[Event]) -> None:
    """Tells how long the batch's events took from their table to the queue."""
    from aws_lambda_powertools.metrics import Metrics, MetricUnit

    lags = list(filter(None, map(_lag, records)))
    if lags:
        metrics = Metrics(namespace=settings.stack, service=settings.part)
        metrics.add_metric("StreamLag", MetricUnit.Seconds, max(lags))
        metrics.flush_metrics()


def _lag(record: Event) -> float | None:
    """In seconds, of which the stream tells whole ones; None: it came another way."""
    try:
        change = json.loads(record["body"])["dynamodb"]
        written = float(change["ApproximateCreationDateTime"])
        return max(int(record["attributes"]["SentTimestamp"]) / 1000 - written, 0)
    except (ValueError, KeyError, TypeError):
        return None
