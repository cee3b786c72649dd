"""What the local gateway hands to functions, field by field as AWS publishes it; and
its authorizer.

The samples are those of AWS's own SAM CLI (`sam local generate-event`;
github.com/aws/aws-sam-cli, Apache-2.0), asked for when the tests run, so that no copy
of one is kept here. Those of aws/aws-lambda-go (events/testdata, MIT) and
aws-powertools/powertools-lambda-python (tests/events, MIT No Attribution) name the same
fields.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project, until
from tests.support.sam import sam

# of a request, and not here: a client's certificate comes with mutual TLS alone, and
# the stage has no variables
NOT_OURS = {"authentication", "stageVariables"}
# what AWS says of itself, in the same words in every event of a kind
CONSTANT = {"version", "eventSource"}
# what each is for, and so not the same: bytes, names that a client chose, claims
FREE = {
    "headers",
    "queryStringParameters",
    "pathParameters",
    "claims",
    "Keys",
    "NewImage",
    "messageAttributes",
}
CREDENTIALS = {
    "email": "somebody@example.com",
    "password": "correct horse battery staple",
}
Heard = dict[str, list[dict[str, Any]]]


@cache
def sample(service: str, kind: str) -> Any:
    """An event as AWS publishes it."""
    return json.loads(sam(Path(), "local", "generate-event", service, kind))


def shape(value: Any, place: str = "") -> Any:
    """The names and types of a document; what a sample has as a list may be none."""
    if isinstance(value, dict):
        if place in FREE:
            return {type(each).__name__ for each in value.values()} <= {"str", "dict"}
        return {
            name: each if name in CONSTANT else shape(each, name)
            for name, each in value.items()
            if name not in NOT_OURS
        }
    if place == "scopes":
        return isinstance(value, list) or value is None
    return (
        "number"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else type(value).__name__
    )


@pytest.fixture(scope="module")
def gateway(
    shop: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any, Heard]]:
    """The gateway, a client of it, and the events that each of its functions was called
    with.
    """
    folder = tmp_path_factory.mktemp("gateway")
    import_module("functions_shop.accounts.keys").make_key(folder / "keys", as_rsa=True)
    settings = import_module("functions_shop.apps.settings").Settings.model_construct(
        modules_env="",
        mail_url=f"file:{folder / 'mails'}",
        jwt_keys=folder / "keys",
        service_keys=folder / "service-keys",
    )
    app = import_module("functions_shop.apps.dev").create_app(settings)
    heard: Heard = {}
    invoke = app.invoke

    async def listening(name: str, event: dict[str, Any]) -> Any:
        heard.setdefault(name, []).append(event)
        return await invoke(name, event)

    app.invoke = listening
    with import_module("starlette.testclient").TestClient(app) as client:
        client.post("/api/auth/register", json=CREDENTIALS)
        token = client.post("/api/auth/login", json=CREDENTIALS).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield app, client, heard


def test_a_request_is_an_event_of_an_http_api(gateway: tuple[Any, Any, Heard]) -> None:
    _, client, heard = gateway
    client.cookies.set("theme", "dark")
    path = "/api/orders/01a227f3-51eb-76ed-8bd8-d460913565ed"
    client.patch(f"{path}?a=1&a=2", json={"quantity": 1})
    event = heard["OrdersFunction"][-1]
    assert shape(event) == shape(sample("apigateway", "http-api-proxy"))
    assert (
        event["routeKey"]
        == event["requestContext"]["routeKey"]
        == "ANY /api/orders/{proxy+}"
    )
    assert event["queryStringParameters"] == {"a": "1,2"} and event["cookies"] == [
        "theme=dark"
    ]
    assert event["pathParameters"] == {"proxy": path.rpartition("/")[2]}
    assert "cookie" not in event["headers"] and not event["isBase64Encoded"]
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (
        claims["aud"] == "api" and claims["roles"] == "[]" and claims["exp"].isdigit()
    )


def test_a_message_is_a_record_of_sqs_and_holds_one_of_a_stream(
    gateway: tuple[Any, Any, Heard],
) -> None:
    """Registering wrote the event that has a mail sent."""
    _, _, heard = gateway
    until(lambda: "AccountsBackground" in heard)
    record = heard["AccountsBackground"][0]["Records"][0]
    assert shape(record) == shape(sample("sqs", "receive-message")["Records"][0])
    assert shape(json.loads(record["body"])) == shape(
        sample("dynamodb", "update")["Records"][0]
    )


def test_a_poison_message_ends_in_the_dead_letters_and_the_rest_of_its_batch_does_not(
    gateway: tuple[Any, Any, Heard],
) -> None:
    """Together in one batch: one that nobody can read, and the events of two who ask
    for a mail.
    """
    app, _, heard = gateway
    queues = import_module("boto3").client("sqs")
    names = queues.list_queues()["QueueUrls"]
    (queue,) = [url for url in names if url.endswith("AccountsQueue")]
    (dead,) = [url for url in names if url.endswith("AccountsDeadLetters")]
    record = heard["AccountsBackground"][0]["Records"][0]["body"]
    bodies = (record, "no document", record.replace("INSERT", "INSERT "))
    entries = [
        {"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)
    ]
    queues.send_message_batch(QueueUrl=queue, Entries=entries)
    app._deliveries.wake()

    def left(url: str) -> int:
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=asked)[
            "Attributes"
        ]
        return sum(map(int, found.values()))

    until(lambda: left(dead) == 1 and left(queue) == 0)
    together = [
        each for each in heard["AccountsBackground"] if len(each["Records"]) == 3
    ]
    assert len(together) == 1
    (letter,) = queues.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert letter["Body"] == "no document" and "error" in letter["MessageAttributes"]


def test_the_authorizer_stands_before_what_needs_a_token_and_nothing_else(
    gateway: tuple[Any, Any, Heard],
) -> None:
    """SAM does not run it locally, so this is where it is held: with `refuses`, the
    gateway answers as AWS does.
    """
    app, client, heard = gateway
    valid = client.headers.pop("Authorization")
    app.refuses = True
    try:
        called = len(heard.get("OrdersFunction", []))
        for header in (
            {},
            {"Authorization": "Bearer a.b.c"},
            {"Authorization": valid[:-4] + "aaaa"},
        ):
            answer = client.get("/api/orders", headers=header)
            assert (answer.status_code, answer.json()) == (
                401,
                {"message": "Unauthorized"},
            )
            assert (
                client.post("/api/products", json={}, headers=header).status_code == 401
            )
        assert len(heard.get("OrdersFunction", [])) == called
        assert (
            client.get("/api/products").status_code
            == client.head("/api/products").status_code
            == 200
        )
        assert client.get("/.well-known/jwks.json").json()["keys"][0]["kty"] == "RSA"
        assert (
            client.get("/api/orders", headers={"Authorization": valid}).status_code
            == 200
        )
    finally:
        app.refuses = False
        client.headers["Authorization"] = valid


def test_what_the_gateway_lets_pass_the_function_checks_itself(
    gateway: tuple[Any, Any, Heard],
) -> None:
    _, client, _ = gateway
    answer = client.get("/api/orders", headers={"Authorization": "Bearer a.b.c"})
    assert (
        answer.status_code == 401
        and answer.headers["Content-Type"] == "application/problem+json"
    )


def test_what_a_failed_transaction_took_back_is_not_delivered_and_what_comes_after_it_is(
    shop: Project, aws: None
) -> None:
    """moto alone takes it back by another copy of the table, and an iterator of before
    goes on in the first one.
    """
    import_module("functions_shop.local.moto_transactions").keep_rows_alone()
    path, boto3 = shop.folder / "deploy" / "template.yaml", import_module("boto3")
    template = import_module("functions_shop.local.template").Template(
        path, {"AWS::StackName": "taken-back"}
    )
    delivered: list[str] = []

    async def handled(_: str, event: dict[str, Any]) -> dict[str, Any]:
        bodies = [json.loads(record["body"]) for record in event["Records"]]
        delivered.extend(body["dynamodb"]["Keys"]["pk"]["S"] for body in bodies)
        return {"batchItemFailures": []}

    deliveries = import_module("functions_shop.local.deliveries").Deliveries(
        template, handled
    )
    tables, records = boto3.client("dynamodb"), deliveries._streams.get_records

    def event(key: str) -> dict[str, Any]:
        return {
            "TableName": "taken-back-accounts",
            "Item": {"pk": {"S": key}, "part": {"S": "accounts"}},
        }

    def after_a_failure(**asked: Any) -> Any:
        again = {**event("first"), "ConditionExpression": "attribute_not_exists(pk)"}
        with pytest.raises(tables.exceptions.TransactionCanceledException):
            tables.transact_write_items(
                TransactItems=[{"Put": event("never")}, {"Put": again}]
            )
        return records(**asked)

    deliveries._streams.get_records = after_a_failure
    for key in ("first", "second"):
        tables.put_item(**event(key))
        asyncio.run(deliveries._deliver())
    assert delivered == ["first", "second"]
