"""`deploy/template.yaml`: what it routes, what it indexes, and what it lets go from
where to where.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.projects import Project, new
from tests.support.sam import sam
from tests.support.template import add


@pytest.fixture
def template(shop: Project) -> Any:
    path = shop.folder / "deploy/template.yaml"
    known = {
        "AWS::StackName": "shop",
        "OrdersTable.StreamArn": "orders",
        "InventoryQueue.Arn": "to-inventory",
    }
    return import_module("functions_shop.local.template").Template(path, known)


def test_cloudformation_has_nothing_to_object_to(shop: Project) -> None:
    path = shop.folder / "deploy/template.yaml"
    done = subprocess.run(
        [Path(sys.prefix, "bin/cfn-lint"), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_has_nothing_to_object_to(shop: Project) -> None:
    """With its own lint, of what it makes of the template; `sam build` is in
    tests/real/test_lambda_runtime.py.
    """
    assert "is a valid SAM Template" in sam(
        shop.folder, "validate", "--lint", "--template", "deploy/template.yaml"
    )


def test_what_is_internal_has_no_route(template: Any) -> None:
    routes = {
        event["Properties"]["Path"]
        for function in template.of_type("AWS::Serverless::Function").values()
        for event in function["Events"].values()
        if event["Type"] == "HttpApi"
    }
    assert "/api/products/{proxy+}" in routes and "/.well-known/{proxy+}" in routes
    assert not [
        route
        for route in routes
        if route.startswith(("/internal", "/{", "$")) or route == "/"
    ]


def test_the_gateway_limits_each_way_in_that_costs_a_password_hash_or_a_mail(
    template: Any,
) -> None:
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for function in template.functions().values()
        for event in function["Events"].values()
        if event["Type"] == "HttpApi"
    }
    gateway = template.of_type("AWS::Serverless::HttpApi")["Api"]
    costly = {
        f"POST /api/auth/{what}"
        for what in ("login", "register", "password-reset", "verify-email")
    }
    costly.add("ANY /password-reset")  # the page, which mails a link, too
    assert set(gateway["RouteSettings"]) == costly and costly <= routes
    everywhere = gateway["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert all(
        0 < limit["ThrottlingRateLimit"] < everywhere
        for limit in gateway["RouteSettings"].values()
    )


def test_what_a_role_may_do_names_what_it_is_for(shop: Project) -> None:
    """A wildcard stands for a table's own indexes alone, and says so; none is in what
    is allowed.
    """
    lines = (shop.folder / "deploy/template.yaml").read_text().splitlines()
    wild = [
        number
        for number, line in enumerate(lines)
        if "*" in line.partition("#")[0] and "proxy" not in line
    ]
    for number in wild:
        assert lines[number].strip().endswith("Table.Arn}/index/*"), lines[number]
        said = next(line for line in reversed(lines[:number]) if "Resource:" in line)
        assert "# every index of a table" in said
    statements = yaml.load("\n".join(lines), yaml.BaseLoader)
    allowed = [
        action for action in found(statements, "Action") if action != "sts:AssumeRole"
    ]
    assert allowed and all(":" in action and "*" not in action for action in allowed)
    assert (
        "ManagedPolicyArns" not in "\n".join(lines)
        and "      Policies:\n        - Statement" not in lines
    )


def found(value: Any, key: str) -> Iterator[str]:
    """Each word under this key, wherever it stands."""
    if isinstance(value, list):
        for each in value:
            yield from found(each, key)
    if isinstance(value, dict):
        for name, each in value.items():
            if name == key:
                yield from [each] if isinstance(each, str) else each
            else:
                yield from found(each, key)


def test_each_function_queue_and_pipe_is_watched_by_the_service_level(
    shop: Project, template: Any
) -> None:
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    watched = {name for name in alarms if alarms[name]["AlarmActions"]}
    functions = template.of_type("AWS::Serverless::Function")
    assert watched >= {
        f"{name}{what}" for name in functions for what in ("Errors", "Throttles")
    }
    queues = template.of_type("AWS::SQS::Queue")
    assert watched >= {f"{name}Age" for name in queues if name.endswith("Queue")}
    assert watched >= {
        f"{name}Alarm" for name in queues if name.endswith("DeadLetters")
    }
    assert watched >= {
        f"{name}Failures" for name in template.of_type("AWS::Pipes::Pipe")
    }
    promised = yaml.safe_load((shop.folder / "archgen.yaml").read_text())["slo"]
    assert alarms["ApiLatency"]["Threshold"] == promised["p95_ms"]
    shares = {
        name
        for name, alarm in alarms.items()
        if alarm["Threshold"] == promised["error_rate"]
    }
    assert shares == {"ApiErrors"} | {f"{name}Errors" for name in functions}
    for name, function in functions.items():
        assert (
            function["AutoPublishAliasAllProperties"]
            and "Alarms" in function["DeploymentPreference"]
        ), name


def test_a_table_has_exactly_the_indexes_that_its_repositories_use(
    template: Any,
) -> None:
    tables = template.of_type("AWS::DynamoDB::Table")
    assert set(tables) == {
        "AccountsTable",
        "InventoryTable",
        "OrdersTable",
        "PaymentsTable",
    }
    for name, table in tables.items():
        module = name.removesuffix("Table").lower()
        unit = getattr(
            import_module(f"functions_shop.{module}.repository"),
            f"{module.capitalize()}UnitOfWork",
        )
        database = import_module("functions_shop.chassis.mechanism.dynamodb").Database(
            "shop", [module]
        )
        part = import_module("functions_shop.chassis.mechanism.context").PartContext(
            None, database, None, {}
        )
        repositories = part.units(unit)().repository_of.values()
        used = max(
            len(repository._lists) * repository._step for repository in repositories
        )
        assert [
            index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])
        ] == [f"list{number}" for number in range(used)]


def test_a_pipe_carries_what_is_for_the_handlers_of_its_part(template: Any) -> None:
    matches = import_module("functions_shop.local.deliveries").matches
    pipe = template.of_type("AWS::Pipes::Pipe")["OrdersToInventory"]
    assert (pipe["Source"], pipe["Target"]) == ("orders", "to-inventory")
    pattern = json.loads(
        pipe["SourceParameters"]["FilterCriteria"]["Filters"][0]["Pattern"]
    )

    def written(part: str, name: str = "INSERT") -> dict[str, Any]:
        return {
            "eventName": name,
            "dynamodb": {"NewImage": {"pk": {"S": "outbox#1"}, "part": {"S": part}}},
        }

    assert matches(pattern, written("inventory"))
    assert not matches(pattern, written("payments"))
    assert not matches(pattern, written("inventory", "REMOVE"))
    assert not matches(
        pattern,
        {"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": {"S": "orders#1"}}}},
    )


def test_what_a_template_lacks_for_new_handlers_and_jobs_is_told_as_what_to_add(
    tmp_path: Path,
) -> None:
    """Of a part that had neither, and from a table that nobody listened to: added as
    told, nothing is lacking.
    """
    options = [
        "--preset",
        "crud",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    ]
    folder = new(tmp_path, "functions-lab", *options).folder
    sys.path.append(str(folder / "src"))
    missing_resources = import_module(
        "functions_lab.local.template_gaps"
    ).missing_resources
    template = import_module("functions_lab.local.template").Template
    path, parts = (
        folder / "deploy/template.yaml",
        {"accounts": ("accounts",), "items": ("items",)},
    )
    routes = {
        "accounts.link.requested": {
            "accounts.send_link": "accounts",
            "items.welcome": "items",
        },
        "items.item.done": {"accounts.praise": "accounts", "items.count": "items"},
    }
    jobs = {"items.tidy": "30 3 * * 1-5", "accounts.tell": timedelta(minutes=5)}

    def lacking() -> list[str]:
        found: list[str] = missing_resources(
            template(path, {}), "functions_lab", parts, routes, jobs
        )
        return found

    told = "".join(lacking())
    assert "cron(30 3 ? * MON-FRI *)" in told and "rate(5 minutes)" in told
    for _ in range(3):  # what a part of its own needs is told before what stands in it
        for text in dict.fromkeys(lacking()):
            path.write_text(add(path.read_text(), text))
    assert lacking() == []
    done = subprocess.run(
        [Path(sys.prefix, "bin/cfn-lint"), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_job_is_called_when_the_template_says_and_buried_after_three_attempts(
    shop: Project,
) -> None:
    schedules = import_module("functions_shop.local.schedules")
    due = schedules.after(
        "cron(30 3 ? * MON-FRI *)", datetime(2026, 11, 28, tzinfo=UTC)
    )
    assert due == datetime(2026, 11, 30, 3, 30, tzinfo=UTC)
    assert schedules.after("rate(5 minutes)", due) == due + timedelta(minutes=5)
    calls: list[str] = []
    buried: list[tuple[str, str]] = []

    async def invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
        calls.append(event["at"])
        raise ConnectionError

    template = import_module("functions_shop.local.template").Template(
        shop.folder / "deploy/template.yaml", {}
    )
    function = {
        "EventInvokeConfig": {
            "DestinationConfig": {"OnFailure": {"Destination": "letters"}}
        }
    }
    schedule = {"Input": '{"job": "a.b", "at": "<aws.scheduler.scheduled-time>"}'}
    local = schedules.Schedules(template, invoke, lambda *letter: buried.append(letter))
    asyncio.run(local.call("Function", function, schedule, due))
    assert calls == ["2026-11-30T03:30:00Z"] * 3
    assert buried == [("letters", '{"job": "a.b", "at": "2026-11-30T03:30:00Z"}')]


def test_each_queue_gives_up_on_a_message_in_the_end(template: Any) -> None:
    functions, queues = (
        template.of_type("AWS::Serverless::Function"),
        template.of_type("AWS::SQS::Queue"),
    )
    slowest = max(function.get("Timeout", 10) for function in functions.values())
    feeding = {
        name: queue
        for name, queue in queues.items()
        if not name.endswith("DeadLetters")
    }
    assert set(feeding) == {
        "AccountsQueue",
        "InventoryQueue",
        "OrdersQueue",
        "PaymentsQueue",
    }
    for name, queue in feeding.items():
        assert queue["RedrivePolicy"]["maxReceiveCount"] > 1
        assert queue["VisibilityTimeout"] >= 6 * slowest
        assert name.replace("Queue", "DeadLetters") in queues
