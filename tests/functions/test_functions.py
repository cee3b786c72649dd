"""Lambda's side of a part: events in, answers out, on one event loop, and only what is
needed imported.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from tests.support.projects import Project

Chassis = Callable[[str], Any]


def record(message: str, handler: str, body: str) -> dict[str, Any]:
    image = {"pk": {"S": "outbox#1"}, "handler": {"S": handler}, "body": {"S": body}}
    return {
        "messageId": message,
        "receiptHandle": message,
        "body": json.dumps({"eventName": "INSERT", "dynamodb": {"NewImage": image}}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
    }


def works(
    chassis: Chassis,
    deliver: Any = None,
    jobs: Any = None,
    table: Any = None,
    letters: str = "",
) -> Any:
    """A function whose background is this."""
    background = SimpleNamespace(deliver=deliver, jobs=jobs or {})
    settings = SimpleNamespace(stack="shop", part="orders")
    part = SimpleNamespace(
        database=SimpleNamespace(module=lambda _: table), read=lambda _: settings
    )
    function = chassis("mechanism.background_function")
    return function.BackgroundFunction(
        lambda *_: chassis("mechanism.dynamodb_worker").DynamoWorker(
            part, background, letters
        ),
        chassis("mechanism.functions").FunctionSettings,
    )


def test_only_what_failed_of_a_batch_comes_back(chassis: Chassis) -> None:
    heard = []

    async def deliver(handler: str, body: bytes) -> None:
        if handler == "bad":
            raise ConnectionError(handler)
        heard.append((handler, body))

    batch = {
        "Records": [
            record("1", "good", "{}"),
            record("2", "bad", "{}"),
            record("3", "good", '{"a": 1}'),
        ]
    }
    assert works(chassis, deliver)(batch, None) == {
        "batchItemFailures": [{"itemIdentifier": "2"}]
    }
    assert sorted(heard) == [("good", b'{"a": 1}'), ("good", b"{}")]


def test_a_handler_that_waits_holds_up_no_other_of_its_batch(chassis: Chassis) -> None:
    async def deliver(handler: str, body: bytes) -> None:
        await (barrier.wait() if handler == "first" else asyncio.sleep(0))
        if handler == "second":
            barrier.set()

    barrier = asyncio.Event()
    batch = {"Records": [record("1", "first", "{}"), record("2", "second", "{}")]}
    assert works(chassis, deliver)(batch, None) == {"batchItemFailures": []}


def test_how_long_events_took_to_the_queue_is_a_metric(
    chassis: Chassis, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the slowest of a batch, by which an alarm tells a pipe that lags."""

    async def deliver(handler: str, body: bytes) -> None:
        pass

    batch = {"Records": [record("1", "good", "{}"), record("2", "good", "{}")]}
    for message, sent in zip(
        batch["Records"], ("1428537602000", "1428537690500"), strict=True
    ):
        written = json.loads(message["body"])
        written["dynamodb"]["ApproximateCreationDateTime"] = 1428537600
        message["body"] = json.dumps(written)
        message["attributes"]["SentTimestamp"] = sent
    works(chassis, deliver)(batch, SimpleNamespace())
    told = json.loads(capsys.readouterr().out)
    assert told["EventLag"] == [90.5] and told["service"] == "orders"
    assert told["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "shop"


def test_what_is_refused_for_good_is_a_dead_letter_at_once(
    chassis: Chassis, aws: None
) -> None:
    async def deliver(handler: str, body: bytes) -> None:
        raise chassis("policy.errors").Refused("no such address")

    queues = import_module("boto3").client("sqs")
    letters = queues.create_queue(QueueName="letters")["QueueUrl"]
    batch = {"Records": [record("1", "refuses", '{"a": 1}')]}
    assert works(chassis, deliver, letters=letters)(batch, None) == {
        "batchItemFailures": []
    }
    (letter,) = queues.receive_message(QueueUrl=letters, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert letter["Body"] == batch["Records"][0]["body"]
    assert "no such address" in letter["MessageAttributes"]["error"]["StringValue"]


def test_a_job_that_the_scheduler_asks_for_twice_is_done_once_and_a_failed_one_again(
    chassis: Chassis, aws: None
) -> None:
    runs: list[str] = []

    async def work() -> None:
        runs.append("run")
        if len(runs) == 1:
            raise ConnectionError("not yet")

    tables = import_module("boto3").client("dynamodb")
    tables.create_table(
        TableName="shop-items",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    table = chassis("mechanism.dynamodb").Database("shop", ["items"]).module("items")
    job = chassis("mechanism.background").Job(
        "items.job", "items", "0 3 * * *", 3, work
    )
    handler = works(chassis, jobs={"items.job": job}, table=table)
    event = {"job": "items.job", "at": "2026-11-28T03:00:00Z"}
    with pytest.raises(ConnectionError):
        handler(event, None)
    for _ in range(2):
        assert handler(event, None) == {}
    assert len(runs) == 2
    handler({**event, "at": "2026-11-29T03:00:00Z"}, None)
    assert len(runs) == 3
    with pytest.raises(LookupError):
        handler({**event, "job": "items.other"}, None)


def test_a_function_is_built_at_its_first_call_and_keeps_what_it_built(
    chassis: Chassis, aws: None, keys: Path
) -> None:
    http, settings = (
        chassis("mechanism.http_function"),
        import_module("functions_shop.apps.settings").Settings,
    )
    handler = import_module("functions_shop.apps.accounts").handler.within(
        settings(jwt_keys=keys), {}
    )
    assert handler._built is None
    event = http.request_event("GET", "/.well-known/jwks.json", "", {}, b"")
    answers = [handler(event, None) for _ in range(2)]
    built = handler._built
    assert built is not None and handler.built is built
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    assert json.loads(http.body_of(answers[0])) == json.loads(http.body_of(answers[1]))


def test_a_background_function_imports_neither_fastapi_nor_a_router_nor_what_it_can_do_without(
    shop: Project,
) -> None:
    code = (
        "import sys; from functions_shop.apps.background import create_worker, PARTS;"
        "from functions_shop.apps.settings import Settings;"
        "[create_worker(Settings(part=part)) for part in PARTS];"
        "print([m for m in sys.modules if m in {'fastapi', 'starlette', 'boto3', 'aws_lambda_powertools', 'argon2', 'cryptography', 'jwt', 'httpx2'} or m.endswith('.api')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shop.folder / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("part", ["accounts", "inventory", "orders", "payments"])
def test_what_answers_http_imports_nothing_of_the_background(
    shop: Project, part: str
) -> None:
    code = (
        f"import sys; from functions_shop.apps.{part} import create_app, Settings;"
        "own = [m for m in sys.modules if m.startswith('functions_shop.')];"
        "print([m for m in own if m.endswith(('.background', '.event_handlers', '.mail', '.background_function'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shop.folder / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_part_that_calls_no_other_imports_no_client(shop: Project) -> None:
    code = "import sys; import functions_shop.apps.accounts; print({'httpx2', 'purgatory'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shop.folder / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


def test_the_signing_keys_come_from_the_secret_that_is_named(
    chassis: Chassis, aws: None, tmp_path: Path
) -> None:
    """All of them, in their order: the last one signs."""
    keys = import_module("functions_shop.accounts.keys")
    pems = []
    for name in ("old", "new"):
        keys.make_key(tmp_path / name)
        pems += [path.read_text() for path in (tmp_path / name).glob("*.pem")]
    import_module("boto3").client("secretsmanager").create_secret(
        Name="shop-keys", SecretString="".join(pems)
    )
    settings = chassis("mechanism.secret_keys").SecretKeysSettings(
        jwt_secret="shop-keys"
    )
    found = [key.private.private_numbers() for key in keys.signing_keys(settings)]
    assert found == [
        keys.load_keys(tmp_path / name)[0].private.private_numbers()
        for name in ("old", "new")
    ]


@pytest.mark.parametrize("as_rsa", [False, True])
def test_the_secret_of_a_link_is_made_of_the_key_without_reading_it(
    chassis: Chassis, tmp_path: Path, as_rsa: bool
) -> None:
    """As it was when cryptography wrote the key down again: a mail that is tried again
    keeps its link.
    """
    keys, links, pems = (
        import_module(f"functions_shop.accounts.{name}")
        for name in ("keys", "links", "pems")
    )
    keys.make_key(tmp_path, as_rsa=as_rsa)
    (key,) = keys.load_keys(tmp_path)
    form = (
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    event = UUID("01920000-0000-7000-8000-000000000000")
    expected = hmac.digest(
        key.private.private_bytes(*form), b"link" + event.bytes, "sha256"
    )
    made = links.LinkSecrets(lambda: pems.folder_pems(tmp_path)).of(event)
    assert base64.urlsafe_b64decode(made) == expected


@pytest.mark.parametrize(
    "text", [b"", b"a key", b"-----BEGIN PRIVATE KEY-----\n????\n"]
)
def test_no_link_has_a_secret_of_what_is_no_key(chassis: Chassis, text: bytes) -> None:
    pem = import_module("functions_shop.accounts.pems").Pem(
        text + b"-----END PRIVATE KEY-----"
    )
    with pytest.raises(ValueError, match=r"A signing key begins with|base64"):
        import_module("functions_shop.accounts.links").LinkSecrets(lambda: [pem]).of(
            UUID(int=1)
        )


def test_a_secret_that_was_changed_is_read_anew(
    chassis: Chassis, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = import_module("boto3").client("secretsmanager")
    client.create_secret(Name="shop-changing", SecretString="old")
    settings = chassis("mechanism.secret_keys").SecretKeysSettings(
        jwt_secret="shop-changing"
    )
    monkeypatch.setattr(chassis("mechanism.secret_keys"), "SECRET_AGE", 0)
    assert settings.signing_pems() == b"old"
    client.put_secret_value(SecretId="shop-changing", SecretString="new")
    assert settings.signing_pems() == b"new"


def test_a_secret_stands_in_the_environment_by_its_name_alone(
    chassis: Chassis, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read when the function is built, and never for a function that another
    process runs.
    """
    functions = chassis("mechanism.functions")
    import_module("boto3").client("secretsmanager").create_secret(
        Name="shop-mail", SecretString="smtp://mail"
    )
    monkeypatch.setenv("MAIL_URL", "secret:shop-mail")
    kind = import_module("functions_shop.apps.settings").Settings
    function = functions.Function(lambda settings, _: settings.mail_url, kind)
    assert function.built == "smtp://mail"


def test_all_instances_of_a_function_count_failed_logins_as_one(
    chassis: Chassis, aws: None
) -> None:
    import_module("boto3").client("dynamodb").create_table(
        TableName="shop-accounts",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    unit = import_module("functions_shop.accounts.repository").AccountsUnitOfWork
    throttle = import_module("functions_shop.accounts.throttle").Throttle

    def instance() -> Any:
        database = chassis("mechanism.dynamodb").Database("shop", ["accounts"])
        return throttle(
            lambda: unit(database, chassis("mechanism.no_cache").NoCache(), {})
        )

    async def guess() -> None:
        for _ in range(5):
            for one in (instance(), instance()):
                await one.login_failed("a@example.com", "192.0.2.1")
        with pytest.raises(chassis("policy.errors").TooManyRequests):
            await instance().login("a@example.com", "192.0.2.2")
        await instance().login("b@example.com", "192.0.2.1")

    asyncio.run(guess())
