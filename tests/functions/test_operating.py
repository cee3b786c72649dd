"""What operators do to a stage: dead letters, looked at and tried again; a stage that
is deleted, and its tables.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from tests.support.projects import Project

STACK = {
    "Resources": {
        "OrdersTable": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "Properties": {
                "TableName": "functions-shop-prod-orders",
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            },
        },
        "OrdersQueue": {"Type": "AWS::SQS::Queue"},
        "OrdersDeadLetters": {"Type": "AWS::SQS::Queue"},
    }
}
EVENT = json.dumps({"type": "inventory.stock.reserved", "id": "1"})
LETTERS = {
    "event": json.dumps(
        {
            "dynamodb": {
                "NewImage": {"handler": {"S": "orders.confirm"}, "body": {"S": EVENT}}
            }
        }
    ),
    "none": "what a pipe says of a record",
}


SQL_STACK = {
    "Resources": {
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "Engine": "postgres",
                "DBInstanceClass": "db.t4g.micro",
                "AllocatedStorage": "20",
                "MasterUsername": "app",
                "MasterUserPassword": "a long enough password",
                "DeletionProtection": True,
            },
        },
        "OrdersQueue": {"Type": "AWS::SQS::Queue"},
        "OrdersDeadLetters": {"Type": "AWS::SQS::Queue"},
    }
}


def operated(project: Project, stack: dict[str, Any]) -> Any:
    """`deploy/functions.py`, and a stage that it operates."""
    stacks = import_module("boto3").client("cloudformation")
    stacks.create_stack(
        StackName=f"{project.folder.name}-prod", TemplateBody=json.dumps(stack)
    )
    spec = spec_from_file_location(
        "functions_operating", project.folder / "deploy/functions.py"
    )
    assert spec and spec.loader
    sys.modules[spec.name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def operating(shop: Project, aws: None) -> Any:
    return operated(shop, STACK)


@pytest.fixture
def operating_sql(sql_shop: Project, aws: None) -> Any:
    return operated(sql_shop, SQL_STACK)


@pytest.fixture
def snapshot(operating_sql: Any) -> str:
    """Of the database, as CloudFormation takes it when it deletes one, which moto does
    not.
    """
    (database,) = operating_sql.resources("prod", "AWS::RDS::DBInstance").values()
    server, name = (
        import_module("boto3").client("rds"),
        "functions-sql-prod-snapshot-database-1",
    )
    server.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=name)
    return name


def snapshots() -> list[str]:
    found = (
        import_module("boto3")
        .client("rds")
        .describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    )
    return [each["DBSnapshotIdentifier"] for each in found]


@pytest.mark.parametrize("data", ["keep", "delete"])
def test_a_stage_with_a_database_leaves_its_snapshot_unless_it_is_told_otherwise(
    operating_sql: Any, snapshot: str, capsys: pytest.CaptureFixture[str], data: str
) -> None:
    operating_sql.destroy("prod", data)
    assert snapshots() == ([snapshot] if data == "keep" else [])
    assert (
        f"{'kept' if data == 'keep' else 'deleted'}: the snapshot {snapshot}"
        in capsys.readouterr().out
    )
    assert (
        import_module("boto3").client("rds").describe_db_instances()["DBInstances"]
        == []
    )
    assert operating_sql.status("prod") == ""


def test_a_snapshot_that_was_kept_is_deleted_when_the_stack_is_gone_and_no_other_stage_s(
    operating_sql: Any, snapshot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it says of it; nor is it in the way of another deployment."""
    server = import_module("boto3").client("rds")
    for other in (
        "functions-sql-prod-database-two-database-x1",
        "functions-sql-test-database-x1",
    ):
        server.create_db_instance(
            DBInstanceIdentifier=other,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
        )
        server.create_db_snapshot(
            DBInstanceIdentifier=other, DBSnapshotIdentifier=f"of-{other}"
        )
    operating_sql.destroy("prod", "keep")
    operating_sql.check_way("prod")
    operating_sql.destroy("prod", "delete")
    assert f"deleted: the snapshot {snapshot}" in capsys.readouterr().out
    assert len(snapshots()) == 2 and snapshot not in snapshots()
    with pytest.raises(
        SystemExit, match="functions-sql-prod is not there, nor anything that it stored"
    ):
        operating_sql.destroy("prod", "delete")


def test_dead_letters_of_events_from_an_outbox_of_sql_are_told_and_tried_again(
    operating_sql: Any, sql_shop: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the words in which the outbox has sent them."""
    queues = import_module("boto3").client("sqs")
    found = operating_sql.resources("prod", "AWS::SQS::Queue")
    routes = {"inventory.stock.reserved": {"orders.confirm": "orders"}}
    dispatcher = import_module(
        "functions_sql.chassis.mechanism.sql_queues"
    ).QueueDispatcher
    asyncio.run(
        dispatcher(routes, {"orders": found["OrdersQueue"]}).deliver(
            "orders.confirm", EVENT.encode()
        )
    )
    (sent,) = queues.receive_message(QueueUrl=found["OrdersQueue"])["Messages"]
    queues.delete_message(
        QueueUrl=found["OrdersQueue"], ReceiptHandle=sent["ReceiptHandle"]
    )
    queues.send_message(QueueUrl=found["OrdersDeadLetters"], MessageBody=sent["Body"])
    operating_sql.dead_letters("prod", replay=False)
    assert (
        "Orders, left: inventory.stock.reserved 1 to orders.confirm: after"
        in capsys.readouterr().out
    )
    operating_sql.dead_letters("prod", replay=True)
    assert "Orders, tried again: " in capsys.readouterr().out
    assert messages(operating_sql, "OrdersQueue") == [sent["Body"]]
    assert messages(operating_sql, "OrdersDeadLetters") == []


def messages(operating: Any, name: str) -> list[str]:
    url = operating.resources("prod", "AWS::SQS::Queue")[name]
    queues = import_module("boto3").client("sqs")
    found = queues.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
    ).get("Messages", [])
    return [each["Body"] for each in found]


def test_dead_letters_are_told_and_tried_again_and_what_is_not_known_stays(
    operating: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    operating.dead_letters("prod", replay=False)
    assert "Nothing is left undone" in capsys.readouterr().err
    queues = import_module("boto3").client("sqs")
    dead = operating.resources("prod", "AWS::SQS::Queue")["OrdersDeadLetters"]
    told = {"error": {"DataType": "String", "StringValue": "Refused('no such order')"}}
    queues.send_message(
        QueueUrl=dead, MessageBody=LETTERS["event"], MessageAttributes=told
    )
    queues.send_message(QueueUrl=dead, MessageBody=LETTERS["none"])
    operating.dead_letters("prod", replay=False)
    shown = capsys.readouterr().out
    assert (
        "Orders, left: inventory.stock.reserved 1 to orders.confirm: Refused('no such order')"
        in shown
    )
    assert len(messages(operating, "OrdersDeadLetters")) == 2
    operating.dead_letters("prod", replay=True)
    assert messages(operating, "OrdersQueue") == [LETTERS["event"]]
    assert messages(operating, "OrdersDeadLetters") == [LETTERS["none"]]
    assert "Orders, left: not known here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "left"), [("keep", ["functions-shop-prod-orders"]), ("delete", [])]
)
def test_a_stage_that_is_deleted_keeps_its_tables_unless_it_is_told_otherwise(
    operating: Any, capsys: pytest.CaptureFixture[str], data: str, left: list[str]
) -> None:
    database = import_module("boto3").client("dynamodb")
    operating.destroy("prod", data)
    assert database.list_tables()["TableNames"] == left
    assert "functions-shop-prod-orders" in capsys.readouterr().out
    assert operating.outputs("prod") == {}


def test_tables_that_were_kept_are_in_the_way_of_a_stage_until_they_are_deleted(
    operating: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    operating.check_way("prod")
    operating.destroy("prod", "keep")
    with pytest.raises(
        SystemExit,
        match=r"left the table functions-shop-prod-orders: `make destroy STAGE=prod DATA=delete`",
    ):
        operating.check_way("prod")
    operating.destroy("prod", "delete")
    assert "deleted: the table functions-shop-prod-orders" in capsys.readouterr().out
    operating.check_way("prod")
    with pytest.raises(SystemExit, match="functions-shop-prod is not there"):
        operating.destroy("prod", "keep")


@pytest.mark.parametrize(
    ("status", "helps"),
    [
        ("ROLLBACK_COMPLETE", "make destroy STAGE=prod DATA=delete"),
        (
            "UPDATE_ROLLBACK_FAILED",
            "continue-update-rollback --stack-name functions-shop-prod",
        ),
    ],
)
def test_a_stack_that_no_deployment_changes_is_said_with_what_helps(
    operating: Any, monkeypatch: pytest.MonkeyPatch, status: str, helps: str
) -> None:
    monkeypatch.setattr(
        operating, "described_stack", lambda stage: {"StackStatus": status}
    )
    with pytest.raises(SystemExit, match=helps):
        operating.check_way("prod")


def test_a_stage_without_parameters_and_one_that_is_not_there_are_refused(
    shop: Project, operating: Any
) -> None:
    with pytest.raises(SystemExit, match=r"deploy/stages/test\.json is not there"):
        operating.parameters("test")
    with pytest.raises(SystemExit, match="functions-shop-test"):
        operating.dead_letters("test", replay=False)
    with pytest.raises(AssertionError, match="which\\? make deploy STAGE=prod"):
        shop.make("deploy")
