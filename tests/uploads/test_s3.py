"""In S3 a form allows one object of one type and size, links show what is kept and no
more, and what arrives is told as S3 tells it.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit
from uuid import UUID, uuid4

import boto3
import pytest
from tests.support.projects import Project
from tests.support.sam import sam

BUCKET = "s3-lab-files"
FILE = UUID("01920000-0000-7000-8000-000000000001")
Chassis = Callable[[str], Any]


@pytest.fixture
def chassis(functions: Project) -> Chassis:
    return lambda name: import_module(f"s3_lab.chassis.mechanism.{name}")


@pytest.fixture
def store(chassis: Chassis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The store, on moto's S3."""
    for name, value in (
        ("DEFAULT_REGION", "eu-central-1"),
        ("ACCESS_KEY_ID", "key"),
        ("SECRET_ACCESS_KEY", "secret"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    with import_module("moto").mock_aws():
        place = {"LocationConstraint": "eu-central-1"}
        s3: Any = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        settings = chassis("s3_settings").S3Settings.model_construct(
            files_bucket=BUCKET, files_endpoint=""
        )
        yield chassis("s3_files").S3Files(settings)
        # which outlives this where something else uses moto, too
        bucket: Any = boto3.resource("s3").Bucket(BUCKET)
        bucket.objects.delete()
        bucket.delete()


def put(key: str, body: bytes) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def keys() -> list[str]:
    found: Any = boto3.client("s3").list_objects_v2(Bucket=BUCKET)
    return [each["Key"] for each in found.get("Contents", [])]


def test_a_form_allows_one_object_of_this_type_and_size_for_a_quarter_of_an_hour(
    store: Any, chassis: Chassis
) -> None:
    upload = chassis("files").Upload(FILE, "image/png", 1234, datetime.now(UTC))
    form = asyncio.run(store.form(upload))
    policy = json.loads(b64decode(form.fields["policy"]))
    conditions = policy["conditions"]
    assert ["content-length-range", 1234, 1234] in conditions
    assert {"Content-Type": "image/png"} in conditions and form.fields[
        "Content-Type"
    ] == "image/png"
    assert {"key": f"incoming/{FILE}"} in conditions and form.fields[
        "key"
    ] == f"incoming/{FILE}"
    assert {"bucket": BUCKET} in conditions
    assert not [
        each
        for each in conditions
        if isinstance(each, list) and each[0] == "starts-with"
    ], "nothing is left to the client"
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256" and form.url.startswith(
        "https://"
    )


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image/png", "inline"),
        ("application/pdf", "attachment"),
        ("text/plain", "attachment"),
    ],
)
def test_a_link_shows_images_and_has_all_else_downloaded(
    store: Any, kind: str, shown: str
) -> None:
    url = urlsplit(asyncio.run(store.link(FILE, "original", kind)))
    query = parse_qs(url.query)
    assert url.path == f"/kept/{FILE}/original"
    assert query["response-content-type"] == [kind]
    assert query["response-content-disposition"] == [shown]
    assert query["X-Amz-Expires"] == ["900"] and query["X-Amz-SignedHeaders"] == [
        "host"
    ]


def test_what_arrived_is_fetched_kept_and_gone_again(
    store: Any, tmp_path: Path
) -> None:
    async def walk() -> None:
        assert (
            not await store.has_arrived(FILE)
            and await store.fetch(FILE, 1, tmp_path) is None
        )
        put(f"incoming/{FILE}", b"bytes" * 500_000)
        assert await store.has_arrived(FILE)
        path = await store.fetch(FILE, 2_500_000, tmp_path)
        assert path.read_bytes() == b"bytes" * 500_000
        for _ in range(2):  # again, as after a fault
            await store.keep(FILE, "original", path, "text/plain")
            await store.keep(FILE, "thumbnail", path, "image/webp")
            await store.discard(FILE)
        assert keys() == [f"kept/{FILE}/original", f"kept/{FILE}/thumbnail"]
        for _ in range(2):
            await store.delete(FILE)
        assert keys() == []

    asyncio.run(walk())


def test_what_is_kept_says_what_it_is_whoever_gets_it(
    store: Any, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"%PDF-")
    asyncio.run(store.keep(FILE, "original", path, "application/pdf"))
    head: Any = boto3.client("s3").head_object(
        Bucket=BUCKET, Key=f"kept/{FILE}/original"
    )
    assert (head["ContentType"], head["ContentDisposition"]) == (
        "application/pdf",
        "attachment",
    )


def test_another_server_is_reached_where_the_settings_say(
    chassis: Chassis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An S3-compatible one, by the variable that every client of AWS knows."""
    for name, value in (
        ("DEFAULT_REGION", "eu-central-1"),
        ("ACCESS_KEY_ID", "key"),
        ("SECRET_ACCESS_KEY", "secret"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://objects.example.com")
    settings = chassis("s3_settings").S3Settings.model_construct(
        files_bucket=BUCKET, files_endpoint=""
    )
    store = chassis("s3_files").S3Files(settings)
    form = asyncio.run(
        store.form(chassis("files").Upload(FILE, "image/png", 1, datetime.now(UTC)))
    )
    assert urlsplit(form.url).hostname in (
        "objects.example.com",
        f"{BUCKET}.objects.example.com",
    )


def reading(chassis: Chassis) -> Any:
    """How the messages of the queue are read of the part that keeps files: what S3
    tells, and rows of an outbox.
    """
    return chassis("s3_events").with_arrivals(
        partial(chassis("dynamodb_worker").DynamoWorker.opened, None)
    )


def told(key: str) -> Any:
    """What S3 tells of a new object, as AWS publishes it."""
    return json.loads(
        sam(
            Path(),
            "local",
            "generate-event",
            "s3",
            "put",
            "--key",
            key,
            "--bucket",
            BUCKET,
        )
    )


def test_what_s3_tells_becomes_an_event_for_its_handler(
    functions: Project, chassis: Chassis
) -> None:
    read = reading(chassis)
    arrived = import_module("s3_lab.files.events").FileArrived
    file_id = uuid4()
    message = told(f"incoming/{file_id}")
    ((handler, body),) = read(message)
    event, _ = arrived.from_cloudevent(body)
    assert (handler, event.file_id, event.type) == (
        "files.inspect",
        file_id,
        chassis("s3_events").TYPE,
    )
    assert read(message) == [(handler, body)] or read(message)[0][0] == handler
    assert arrived.from_cloudevent(read(message)[0][1])[0].id == event.id, (
        "told twice, it is one event"
    )
    assert handler in import_module("s3_lab.apps.event_routes").ROUTES[event.type]
    assert (
        read({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}) == []
    )
    row = {"handler": {"S": "files.inspect"}, "body": {"S": "{}"}}
    assert read({"dynamodb": {"NewImage": row}}) == [("files.inspect", b"{}")]


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "text",
        1,
        {},
        {"Records": [{}]},
        {"Records": "x"},
        {"Records": [{"s3": {"object": {"key": "incoming/no-id"}}}]},
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(chassis: Chassis, message: Any) -> None:
    """In words that the function buries it by, so that the rest of its batch goes on."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        reading(chassis)(message)


def test_the_local_gateway_tells_of_objects_as_s3_does(
    functions: Project, store: Any
) -> None:
    """Field by field as AWS publishes it."""
    buckets, template = (
        import_module("s3_lab.local.buckets"),
        import_module("s3_lab.local.template"),
    )
    sqs: Any = boto3.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    found = template.Template(
        functions.folder / "deploy/template.yaml",
        {"AWS::StackName": "local", "FilesQueue.Arn": arn},
    )
    buckets.make_buckets(found)
    buckets.make_buckets(found)  # as after a reload
    name = found.known["FilesBucket"]
    assert name == "local-files-123456789012"
    boto3.client("s3").put_object(Bucket=name, Key=f"incoming/{FILE}", Body=b"bytes")
    boto3.client("s3").put_object(
        Bucket=name, Key=f"kept/{FILE}/original", Body=b"bytes"
    )
    bodies = [json.loads(each["Body"]) for each in _all(sqs, url)]
    events = [body["Records"][0] for body in bodies if "Records" in body]
    told_of = [unquote_plus(event["s3"]["object"]["key"]) for event in events]
    assert told_of == [f"incoming/{FILE}"], "of what arrives alone"
    assert reading(lambda module: import_module(f"s3_lab.chassis.mechanism.{module}"))(
        {"Records": events}
    )
    assert [body["Event"] for body in bodies if "Event" in body] == ["s3:TestEvent"] * 2
    (message,) = [body for body in bodies if "Records" in body]
    complete = buckets.Buckets().complete
    whole = json.loads(complete(json.dumps(message), 1_780_000_000_000))
    assert _shape(whole) == _shape(told("key"))
    later = json.loads(complete(json.dumps(message), 1_780_000_000_001))
    order = [each["Records"][0]["s3"]["object"]["sequencer"] for each in (whole, later)]
    assert order == sorted(set(order)), "of two events that came later is greater"
    assert complete("no document", 1) == "no document"


def _shape(value: Any) -> Any:
    """The names and types of a document."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    return type(value).__name__


def _all(sqs: Any, url: str) -> Iterator[Any]:
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        for message in messages:
            yield message
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
