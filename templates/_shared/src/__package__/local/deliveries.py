"""Event delivery as AWS does it between functions, with moto: tables, queues, and what
goes from one to the other.

A stream's records pass the filters of its pipes into queues; batches of a queue go to
its event function; what fails comes back a little later, and is a dead letter in the
end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ..chassis.mechanism.functions import Event, loop
from .template import Template

log = logging.getLogger(__name__)
IDLE = 5.0  # seconds between looks when nothing is known to be under way
# of a table: nothing that moto does
AFTER = (
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "TimeToLiveSpecification",
)
# a table's tag: how far its stream was followed; it outlives a reload
MARK = "delivered"


class Deliveries:
    def __init__(
        self,
        template: Template,
        invoke: Callable[[str, Event], Awaitable[Event]],
        complete: Callable[[str, int], str] | None = None,
    ) -> None:
        """Makes the template's tables and queues, unless they are there.

        `invoke` calls a function by its name. `complete`: what else a message would say
        that was sent at this moment (in ms), if moto leaves out some of it.
        """
        self._complete = complete or (lambda body, _: body)
        # moto knows the streams by their older address
        config = Config(account_id_endpoint_mode="disabled")
        self._tables: Any = boto3.client("dynamodb", config=config)
        self._streams: Any = boto3.client("dynamodbstreams", config=config)
        self._queues: Any = boto3.client("sqs", config=config)
        self._invoke = invoke
        self._urls: dict[str, str] = {}  # of queues, by ARN
        # by stream: the last record that was delivered
        self._marks: dict[str, str] = {}
        self._due: list[float] = []  # when failed messages come back
        self._awake = asyncio.Event()
        self._running = True
        for name, table in template.of_type("AWS::DynamoDB::Table").items():
            template.known[name] = table["TableName"]
            template.known[f"{name}.StreamArn"] = self._make_table(table)
        queues = template.of_type("AWS::SQS::Queue")
        # dead letters first
        for name in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
            # again: it names one that was made meanwhile
            queue = template.of_type("AWS::SQS::Queue")[name]
            arn = self._make_queue(f"{template.known['AWS::StackName']}-{name}", queue)
            template.known[f"{name}.Arn"] = arn
            template.known[name] = self._urls[arn]
        self._pipes = list(template.of_type("AWS::Pipes::Pipe").values())
        self._sources = template.events("SQS")

    def wake(self, *, stop: bool = False) -> None:
        """Something may have been written; `stop`: finish what is under way."""
        self._running = not stop
        loop().call_soon_threadsafe(self._awake.set)

    def bury(self, queue: str, body: str) -> None:
        """Puts a message into the queue of this ARN."""
        self._queues.send_message(QueueUrl=self._urls[queue], MessageBody=body)

    async def run(self) -> None:
        while self._running:
            self._awake.clear()
            try:
                moved = await self._deliver()
            except Exception:  # a fault in one round must not end deliveries
                log.exception("deliveries failed")
                moved = 0
                self._due = [time.monotonic() + 1]
            now = time.monotonic()
            self._due = [due for due in self._due if due > now]
            if moved:
                continue
            next_due = min([now + IDLE, *self._due])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), next_due - now)

    async def _deliver(self) -> int:
        """One round; gives how many records and messages there were."""
        moved = 0
        for stream in {pipe["Source"] for pipe in self._pipes}:
            moved += await self._follow(stream)
        fed = await asyncio.gather(
            *[self._feed(name, source) for name, source in self._sources]
        )
        return moved + sum(fed)

    async def _follow(self, stream: str) -> int:
        """Passes a stream's new records through the filters of its pipes."""
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if stream in self._marks:
            start = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": self._marks[stream],
            }
        described = await asyncio.to_thread(
            self._streams.describe_stream, StreamArn=stream
        )
        shard = described["StreamDescription"]["Shards"][0]["ShardId"]
        # each look takes a fresh iterator: they expire
        found = await asyncio.to_thread(
            self._streams.get_shard_iterator, StreamArn=stream, ShardId=shard, **start
        )
        got = await asyncio.to_thread(
            self._streams.get_records, ShardIterator=found["ShardIterator"]
        )
        pipes = [pipe for pipe in self._pipes if pipe["Source"] == stream]
        for record in got["Records"]:
            for pipe in pipes:
                filters = pipe["SourceParameters"]["FilterCriteria"]["Filters"]
                if any(
                    matches(json.loads(each["Pattern"]), record) for each in filters
                ):
                    named = {**record, "eventSourceARN": stream}
                    body = json.dumps(named, default=_epoch)
                    await asyncio.to_thread(self.bury, pipe["Target"], body)
            self._marks[stream] = record["dynamodb"]["SequenceNumber"]
        if got["Records"]:
            mark = {"Key": MARK, "Value": self._marks[stream]}
            arn = stream.partition("/stream/")[0]
            with suppress(ClientError):  # DynamoDB Local has no tags
                await asyncio.to_thread(
                    self._tables.tag_resource, ResourceArn=arn, Tags=[mark]
                )
        return len(got["Records"])

    async def _feed(self, function: str, source: dict[str, Any]) -> int:
        """Hands a batch of a queue to its function, and takes away what that has dealt
        with.
        """
        url = self._urls[source["Queue"]]
        batch = {
            "QueueUrl": url,
            "MaxNumberOfMessages": source["BatchSize"],
            "AttributeNames": ["All"],
        }
        received = await asyncio.to_thread(self._queues.receive_message, **batch)
        messages = received.get("Messages", [])
        if not messages:
            return 0
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": self._told(message),
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": source["Queue"],
                "awsRegion": source["Queue"].split(":")[3],
            }
            for message in messages
        ]
        try:
            answer = await self._invoke(function, {"Records": records})
            failed = {
                failure["itemIdentifier"] for failure in answer["batchItemFailures"]
            }
        except Exception:  # the function as a whole: none of the batch is dealt with
            log.exception("%s failed", function)
            failed = {message["MessageId"] for message in messages}
        for message in messages:
            entry = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:  # backoff, sooner than the queue would
                attempts = int(message["Attributes"]["ApproximateReceiveCount"])
                wait = min(2**attempts // 2 - 1, 60)
                self._due.append(time.monotonic() + wait)
                await asyncio.to_thread(
                    self._queues.change_message_visibility,
                    **entry,
                    VisibilityTimeout=wait,
                )
            else:
                await asyncio.to_thread(self._queues.delete_message, **entry)
        return len(messages)

    def _told(self, message: dict[str, Any]) -> str:
        """Its body; what is no message of AWS is as it was sent."""
        body: str = message["Body"]
        with suppress(ValueError, LookupError, TypeError):
            return self._complete(body, int(message["Attributes"]["SentTimestamp"]))
        return body

    def _make_table(self, properties: dict[str, Any]) -> str:
        """Makes a table; gives the ARN of its stream, if it has one."""
        wanted = {key: value for key, value in properties.items() if key not in AFTER}
        if "StreamSpecification" in wanted:
            wanted["StreamSpecification"] = {
                "StreamEnabled": True,
                **wanted["StreamSpecification"],
            }
        try:
            table = self._tables.create_table(**wanted)["TableDescription"]
        except self._tables.exceptions.ResourceInUseException:
            table = self._with_indexes(wanted)
        stream: str = table.get("LatestStreamArn", "")
        if not stream:
            return ""
        with suppress(ClientError):
            for tag in self._tables.list_tags_of_resource(
                ResourceArn=table["TableArn"]
            )["Tags"]:
                if tag["Key"] == MARK:
                    self._marks[stream] = tag["Value"]
        return stream

    def _with_indexes(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A table that is there, with the indexes that came since: one at a time, as
        DynamoDB makes them.
        """
        name = {"TableName": wanted["TableName"]}
        table: dict[str, Any] = self._tables.describe_table(**name)["Table"]
        there = {each["IndexName"] for each in table.get("GlobalSecondaryIndexes", [])}
        for index in wanted.get("GlobalSecondaryIndexes", []):
            if index["IndexName"] not in there:
                self._tables.update_table(
                    **name,
                    AttributeDefinitions=wanted["AttributeDefinitions"],
                    GlobalSecondaryIndexUpdates=[{"Create": index}],
                )
        return table

    def _make_queue(self, name: str, properties: dict[str, Any]) -> str:
        """Makes a queue; gives its ARN."""
        attributes = {}
        for key, value in properties.items():
            attributes[key] = str(value)
            if isinstance(value, dict):
                attributes[key] = json.dumps(value)
        url: str = self._queues.create_queue(QueueName=name, Attributes=attributes)[
            "QueueUrl"
        ]
        answer = self._queues.get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        arn: str = answer["Attributes"]["QueueArn"]
        self._urls[arn] = url
        return arn


def _epoch(moment: datetime) -> float:
    """Times in a stream's record are seconds."""
    return moment.timestamp()


def matches(pattern: dict[str, Any], value: Any) -> bool:
    """Whether a document has what an event pattern asks for: for each field one of the
    values, or a pattern.
    """
    if not isinstance(value, dict):
        return False
    for key, wanted in pattern.items():
        found = value.get(key)
        if isinstance(wanted, list):
            if found not in wanted:
                return False
        elif not matches(wanted, found):
            return False
    return True
