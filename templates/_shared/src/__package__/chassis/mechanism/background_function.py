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
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord

from .background import Background
from .context import PartContext
from .dynamodb_jobs import once
from .errors import Refused
from .functions import Event, Function, FunctionSettings, S, run

log = logging.getLogger(__name__)


@dataclass
class Worker:
    """The background of a part, and where it sends what need not be tried again."""

    part: PartContext
    background: Background
    dead_letters: str

    @classmethod
    def of(
        cls, package: str, part: PartContext, modules: Iterable[str], dead_letters: str
    ) -> Worker:
        background = Background(package)
        background.add(part, modules)
        return cls(part, background, dead_letters)

    async def deliver(self, record: SQSRecord) -> Exception | None:
        """Hands a message to its handler; gives what went wrong, if the message must
        come back.
        """
        row = record.json_body["dynamodb"]["NewImage"]
        handler = row["handler"]["S"]
        try:
            await self.background.deliver(handler, row["body"]["S"].encode())
        except Refused as error:
            await self._bury(record.body, error)
        except Exception as error:  # noqa: BLE001 - the others of the batch go on
            attempt = record.attributes.approximate_receive_count
            log.warning(
                "%s to %s failed at attempt %s: %r",
                record.message_id,
                handler,
                attempt,
                error,
            )
            return error
        return None

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
        return boto3.client("sqs")


class BackgroundFunction(Function[S, Worker]):
    def __call__(self, event: Event, context: Any) -> Event:
        works = self.built
        if "job" in event:
            seconds = 60.0
            if context:
                seconds = context.get_remaining_time_in_millis() / 1000
            run(works.work(event, seconds))
            return {}
        batch = SQSEvent(event)
        outcomes = run(_all(works, batch))

        def settle(record: SQSRecord) -> None:
            error = outcomes[record.message_id]
            if error is not None:
                raise error

        if context:
            self._measure(works, batch)
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event, settle, processor, context))

    def _measure(self, works: Worker, batch: SQSEvent) -> None:
        """Tells how long the batch's events took from their table to the queue."""
        settings = works.part.read(FunctionSettings)
        metrics = Metrics(namespace=settings.stack, service=settings.part)
        lag = max(map(_lag, batch.records))
        metrics.add_metric("StreamLag", MetricUnit.Seconds, lag)
        metrics.flush_metrics()


def _lag(record: SQSRecord) -> float:
    """In seconds; the stream tells them in whole ones."""
    written = float(record.json_body["dynamodb"]["ApproximateCreationDateTime"])
    queued = int(record.attributes.sent_timestamp or 0) / 1000
    return max(queued - written, 0)


async def _all(works: Worker, batch: SQSEvent) -> dict[str, Exception | None]:
    """The whole batch at once, so that a slow handler holds up no other."""
    records = list(batch.records)
    outcomes = await asyncio.gather(*map(works.deliver, records))
    return {
        record.message_id: outcome
        for record, outcome in zip(records, outcomes, strict=True)
    }
