"""What AWS does between tables, queues and functions: a stream's records pass the
filters of its pipes into queues, batches of a queue go to its function, schedules call
theirs. It reads the template and calls functions by Lambda's own API; no code of a
function, nor of the project's local gateway, runs here.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.events.models import EventPattern

Document = dict[str, Any]
PAUSE = 0.1  # seconds between looks
SCHEDULED = "<aws.scheduler.scheduled-time>"


class Pump:
    """`clients`: by the name of a service; `urls`: queues, by ARN; `invoke`: calls a
    function by its name in the template.

    `batches`: what went from queues to functions: name, records, and what came back;
    `called`: by whom the scheduler called.
    """

    def __init__(
        self,
        template: Any,
        clients: Mapping[str, Any],
        urls: Mapping[str, str],
        invoke: Callable[[str, Document], Any],
    ) -> None:
        self.batches: list[tuple[str, list[Document], Any]] = []
        self.called: list[tuple[str, Document]] = []
        self.broken: list[str] = []
        self._streams, self._queues, self._scheduler = (
            clients[name] for name in ("dynamodbstreams", "sqs", "scheduler")
        )
        self._urls = urls
        self._invoke = invoke
        self._functions = template.functions()
        self._over = threading.Event()
        self._receiving = threading.Lock()
        pipes = list(template.of_type("AWS::Pipes::Pipe").values())
        self._work: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
            (self._schedules, ())
        ]
        for stream in {pipe["Source"] for pipe in pipes}:
            self._work.append(
                (
                    self._follow,
                    (stream, [pipe for pipe in pipes if pipe["Source"] == stream]),
                )
            )
        self._work += [(self._feed, each) for each in template.events("SQS")]
        for name, schedule in template.events("ScheduleV2"):
            self.schedule(name, schedule["ScheduleExpression"], schedule["Input"])

    @contextmanager
    def running(self) -> Iterator[Pump]:
        threads = [
            threading.Thread(target=self._each, args=each) for each in self._work
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        assert not self.broken, self.broken

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is taken from queues meanwhile, so that what comes in is one batch."""
        with self._receiving:
            yield

    def schedule(self, function: str, expression: str, text: str) -> None:
        """Has the scheduler call a function: `at(...)`, `rate(...)`."""
        name = re.sub(r"\W", "-", f"{function}-{expression}")
        target = {
            "Arn": function_arn(function),
            "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
            "Input": text,
        }
        self._scheduler.create_schedule(
            Name=name,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )

    def _each(self, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
            self.broken.append(f"{work.__name__}: {error!r}")

    def _follow(self, stream: str, pipes: list[Document]) -> None:
        """Every shard from the oldest record that is there, and none before the one
        that it came of.
        """
        iterators: dict[str, str | None] = {}
        last: dict[str, str] = {}
        while not self._over.wait(PAUSE):
            described = self._streams.describe_stream(StreamArn=stream)[
                "StreamDescription"
            ]
            for shard in described["Shards"]:
                name = shard["ShardId"]
                if iterators.get(shard.get("ParentShardId", "")) is not None:
                    continue
                if name not in iterators:
                    iterators[name] = self._iterator(stream, name, last.get(name))
                if iterators[name] is None:
                    continue
                try:
                    got = self._streams.get_records(ShardIterator=iterators[name])
                except ClientError as error:
                    if error.response["Error"]["Code"] not in {
                        "ExpiredIteratorException",
                        "TrimmedDataAccessException",
                    }:
                        raise
                    del iterators[name]
                    continue
                for record in got["Records"]:
                    last[name] = record["dynamodb"]["SequenceNumber"]
                for pipe in pipes:
                    self._pass(
                        pipe,
                        [
                            {**record, "eventSourceARN": stream}
                            for record in got["Records"]
                        ],
                    )
                iterators[name] = got.get("NextShardIterator")

    def _iterator(self, stream: str, shard: str, last: str | None) -> str:
        """Behind the last record that was read, or from the oldest where that is gone."""
        asked: dict[str, str] = {"StreamArn": stream, "ShardId": shard}
        if last:
            try:
                after = {
                    "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                    "SequenceNumber": last,
                }
                return str(
                    self._streams.get_shard_iterator(**asked, **after)["ShardIterator"]
                )
            except self._streams.exceptions.TrimmedDataAccessException:
                pass
        return str(
            self._streams.get_shard_iterator(**asked, ShardIteratorType="TRIM_HORIZON")[
                "ShardIterator"
            ]
        )

    def _pass(self, pipe: Document, records: list[Document]) -> None:
        told = pipe["SourceParameters"]
        patterns = [
            EventPattern.load(each["Pattern"])
            for each in told["FilterCriteria"]["Filters"]
        ]
        bodies = [json.dumps(record, default=datetime.timestamp) for record in records]
        passed = [
            body
            for body in bodies
            if any(each.matches_event(json.loads(body)) for each in patterns)
        ]
        size = told["DynamoDBStreamParameters"]["BatchSize"]
        for begin in range(0, len(passed), size):
            entries = [
                {"Id": str(number), "MessageBody": body}
                for number, body in enumerate(passed[begin : begin + size])
            ]
            answer = self._queues.send_message_batch(
                QueueUrl=self._urls[pipe["Target"]], Entries=entries
            )
            assert not answer.get("Failed"), answer

    def _feed(self, name: str, source: Document) -> None:
        queue = self._urls[source["Queue"]]
        while not self._over.wait(PAUSE):
            with self._receiving:
                messages = self._queues.receive_message(
                    QueueUrl=queue,
                    MaxNumberOfMessages=source["BatchSize"],
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
            if messages:
                self._hand_over(name, source, queue, messages)

    def _hand_over(
        self, name: str, source: Document, queue: str, messages: list[Document]
    ) -> None:
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": source["Queue"],
                "awsRegion": source["Queue"].split(":")[3],
            }
            for message in messages
        ]
        answer = self._invoke(name, {"Records": records})
        self.batches.append((name, records, answer))
        failed = {message["MessageId"] for message in messages}
        if isinstance(answer, dict) and "batchItemFailures" in answer:
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for message in messages:
            handle = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:  # at once, where the queue would wait
                self._queues.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                self._queues.delete_message(**handle)

    def _schedules(self) -> None:
        """Calls what moto's scheduler has, when it is due; what fails again and again
        is a dead letter, as Lambda has it.
        """
        begun, done = time.time(), set()
        while not self._over.wait(PAUSE):
            for listed in self._scheduler.list_schedules()["Schedules"]:
                found = self._scheduler.get_schedule(Name=listed["Name"])
                due = due_at(found["ScheduleExpression"], begun, time.time())
                if due is None or (listed["Name"], due) in done:
                    continue
                done.add((listed["Name"], due))
                moment = datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                self._call(
                    found["Target"],
                    json.loads(found["Target"]["Input"].replace(SCHEDULED, moment)),
                )

    def _call(self, target: Document, event: Document) -> None:
        name = target["Arn"].rpartition(":")[2]
        told = self._functions[name]["EventInvokeConfig"]
        for _ in range(1 + told["MaximumRetryAttempts"]):
            answer = self._invoke(name, event)
            self.called.append((name, event))
            if answer == {}:
                return
        letter = json.dumps(
            {
                "requestPayload": event,
                "requestContext": {"condition": "RetriesExhausted"},
            }
        )
        self._queues.send_message(
            QueueUrl=self._urls[told["DestinationConfig"]["OnFailure"]["Destination"]],
            MessageBody=letter,
        )


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"


def due_at(expression: str, begun: float, now: float) -> float | None:
    """The last time that it was due since then, in seconds of the epoch."""
    kind, _, words = expression.rstrip(")").partition("(")
    if kind == "at":
        moment = datetime.fromisoformat(words).replace(tzinfo=UTC).timestamp()
        return moment if moment <= now else None
    number, unit = words.split()
    seconds = (
        int(number) * {"minute": 60, "hour": 3600, "day": 86400}[unit.removesuffix("s")]
    )
    times = int((now - begun) // seconds)
    return begun + times * seconds if times else None
