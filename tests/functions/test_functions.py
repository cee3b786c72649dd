"""Lambda's side of a part: events in, answers out, on one event loop, and only what is needed imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.projects import Project

Chassis = Callable[[str], Any]


def record(message: str, kind: str, body: str) -> dict[str, Any]:
    image = {"pk": {"S": "outbox#1"}, "type": {"S": kind}, "body": {"S": body}}
    return {
        "messageId": message,
        "receiptHandle": message,
        "body": json.dumps({"eventName": "INSERT", "dynamodb": {"NewImage": image}}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
    }


def test_only_what_failed_of_a_batch_comes_back(chassis: Chassis) -> None:
    heard = []

    class Dispatcher:
        async def deliver(self, kind: str, body: bytes) -> None:
            if kind == "bad":
                raise ConnectionError(kind)
            heard.append((kind, body))

    handler = chassis("event_function").EventFunction(lambda *_: Dispatcher())
    batch = {"Records": [record("1", "good", "{}"), record("2", "bad", "{}"), record("3", "good", '{"a": 1}')]}
    assert handler(batch, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert heard == [("good", b"{}"), ("good", b'{"a": 1}')]


def test_a_batch_that_fails_as_a_whole_is_told_message_by_message(chassis: Chassis) -> None:
    handler = chassis("event_function").EventFunction(lambda *_: None)
    failures = handler({"Records": [record("1", "a", "{}"), record("2", "b", "{}")]}, None)["batchItemFailures"]
    assert failures == [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]


def test_a_function_is_built_at_its_first_call_and_keeps_what_it_built(chassis: Chassis, aws: None, keys: Path) -> None:
    functions, http = chassis("functions"), chassis("http_function")
    handler = import_module("functions_shop.apps.accounts").handler.within(
        functions.FunctionSettings(jwt_keys=keys), {}
    )
    assert handler._built is None
    event = http.request_event("GET", "/.well-known/jwks.json", "", {}, b"")
    answers = [handler(event, None) for _ in range(2)]
    built = handler._built
    assert built is not None and handler.built is built
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    assert json.loads(answers[0]["body"]) == json.loads(answers[1]["body"])


def test_an_event_function_imports_neither_fastapi_nor_a_router(shop: Project) -> None:
    roots = sorted(path.stem for path in (shop.folder / "src/functions_shop/apps").glob("*_events.py"))
    assert roots == ["accounts_events", "inventory_events", "orders_events", "payments_events"]
    for root in roots:
        code = f"import sys, functions_shop.apps.{root}; print([m for m in sys.modules if m == 'fastapi' or m.endswith('.api')])"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=shop.folder / "src", capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "[]"


def test_the_signing_keys_come_from_the_secret_that_is_named(chassis: Chassis, aws: None, tmp_path: Path) -> None:
    """All of them, in their order: the last one signs."""
    keys = import_module("functions_shop.accounts.keys")
    pems = []
    for name in ("old", "new"):
        keys.make_key(tmp_path / name)
        pems += [path.read_text() for path in (tmp_path / name).glob("*.pem")]
    import_module("boto3").client("secretsmanager").create_secret(Name="shop-keys", SecretString="".join(pems))
    found = [key.private.private_numbers() for key in keys.read_keys(chassis("functions").secret("shop-keys"))]
    assert found == [keys.load_keys(tmp_path / name)[0].private.private_numbers() for name in ("old", "new")]
