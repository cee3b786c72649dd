"""What a part reacts to, as a Lambda function: batches from its queue, in which each message is a stream's record."""

from __future__ import annotations

import logging
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from .events import Dispatcher
from .functions import Event, Function, run

log = logging.getLogger(__name__)


class EventFunction(Function[Dispatcher]):
    """A message whose handler fails stays in the queue, and goes to the dead letters in the end; the others go on."""

    def __call__(self, event: Event, context: Any) -> Event:
        dispatcher = self.built

        def deliver(record: SQSRecord) -> None:
            row = record.json_body["dynamodb"]["NewImage"]
            kind, body = row["type"]["S"], row["body"]["S"]
            try:
                run(dispatcher.deliver(kind, body.encode()))
            except Exception as error:
                attempt = record.attributes.approximate_receive_count
                log.warning("%s %s failed at attempt %s: %r", kind, record.message_id, attempt, error)
                raise

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event, deliver, processor, context))
