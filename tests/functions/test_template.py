"""`deploy/template.yaml`: what it routes, what it indexes, and what it lets go from where to where."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project


@pytest.fixture
def template(shop: Project) -> Any:
    path = shop.folder / "deploy/template.yaml"
    known = {"AWS::StackName": "shop", "OrdersTable.StreamArn": "orders", "InventoryQueue.Arn": "to-inventory"}
    return import_module("functions_shop.local.template").Template(path, known)


def test_cloudformation_has_nothing_to_object_to(shop: Project) -> None:
    path = shop.folder / "deploy/template.yaml"
    done = subprocess.run([Path(sys.prefix, "bin/cfn-lint"), path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_internal_has_no_route(template: Any) -> None:
    routes = {
        event["Properties"]["Path"]
        for function in template.of_type("AWS::Serverless::Function").values()
        for event in function["Events"].values()
        if event["Type"] == "HttpApi"
    }
    assert "/api/products/{proxy+}" in routes and "/.well-known/jwks.json" in routes
    assert not [route for route in routes if route.startswith(("/internal", "/{", "$")) or route == "/"]


def test_the_gateway_limits_each_way_in_that_costs_a_password_hash_or_a_mail(template: Any) -> None:
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for function in template.functions().values()
        for event in function["Events"].values()
        if event["Type"] == "HttpApi"
    }
    gateway = template.of_type("AWS::Serverless::HttpApi")["Api"]
    costly = {f"POST /api/auth/{what}" for what in ("login", "register", "password-reset", "verify-email")}
    assert set(gateway["RouteSettings"]) == costly and costly <= routes
    everywhere = gateway["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert all(0 < limit["ThrottlingRateLimit"] < everywhere for limit in gateway["RouteSettings"].values())


def test_a_table_has_exactly_the_indexes_that_its_repositories_use(template: Any) -> None:
    tables = template.of_type("AWS::DynamoDB::Table")
    assert set(tables) == {"AccountsTable", "InventoryTable", "OrdersTable", "PaymentsTable"}
    for name, table in tables.items():
        module = name.removesuffix("Table").lower()
        unit = getattr(import_module(f"functions_shop.{module}.repository"), f"{module.capitalize()}Unit")
        database = import_module("functions_shop.chassis.dynamodb").Database("shop", [module])
        repositories = unit(database, import_module("functions_shop.chassis.functions").NoCache()).repositories.values()
        used = max(len(repository._lists) * repository._step for repository in repositories)
        assert [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])] == [
            f"list{number}" for number in range(used)
        ]


def test_a_pipe_carries_the_events_that_its_subscriber_reacts_to(template: Any) -> None:
    matches = import_module("functions_shop.local.deliveries").matches
    pipe = template.of_type("AWS::Pipes::Pipe")["OrdersToInventory"]
    assert (pipe["Source"], pipe["Target"]) == ("orders", "to-inventory")
    pattern = import_module("json").loads(pipe["SourceParameters"]["FilterCriteria"]["Filters"][0]["Pattern"])

    def written(kind: str, name: str = "INSERT") -> dict[str, Any]:
        return {"eventName": name, "dynamodb": {"NewImage": {"pk": {"S": "outbox#1"}, "type": {"S": kind}}}}

    assert matches(pattern, written("orders.order.placed")) and matches(pattern, written("orders.order.rejected"))
    assert not matches(pattern, written("orders.order.payment_requested"))
    assert not matches(pattern, written("orders.order.placed", "REMOVE"))
    assert not matches(pattern, {"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": {"S": "orders#1"}}}})


def test_each_queue_gives_up_on_a_message_in_the_end(template: Any) -> None:
    functions, queues = template.of_type("AWS::Serverless::Function"), template.of_type("AWS::SQS::Queue")
    slowest = max(function.get("Timeout", 10) for function in functions.values())
    feeding = {name: queue for name, queue in queues.items() if not name.endswith("DeadLetters")}
    assert set(feeding) == {"AccountsQueue", "InventoryQueue", "OrdersQueue", "PaymentsQueue"}
    for name, queue in feeding.items():
        assert queue["RedrivePolicy"]["maxReceiveCount"] > 1
        assert queue["VisibilityTimeout"] >= 6 * slowest
        assert name.replace("Queue", "DeadLetters") in queues
