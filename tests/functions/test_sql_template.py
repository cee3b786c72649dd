"""`deploy/template.yaml` of functions on PostgreSQL: its network, its rights, its
database; and what moto makes of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import template as template_support
from tests.support.projects import Project
from tests.support.template import created_by_moto, translated

STACK = "shop"
TOLD = {**template_support.TOLD, "AdminEmail": "boss@example.com", "WayOut": "true"}
# what CloudFormation of moto does not create beside what it never does; each is held by
# its properties, below or in test_template.py
NOT_THERE = template_support.NOT_THERE - {"AWS::Pipes::Pipe"} | {
    "AWS::Lambda::EventInvokeConfig",
    "AWS::RDS::DBInstance",  # it fails on a group of parameters that it has made itself
    "AWS::RDS::DBProxy",
    "AWS::RDS::DBProxyTargetGroup",
    "AWS::Scheduler::Schedule",
    "Custom::Migrations",
}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def resources(sql_shop: Project) -> Document:
    """What SAM makes of the template."""
    found: Document = translated(sql_shop.folder / "deploy/template.yaml", TOLD)[
        "Resources"
    ]
    return found


@pytest.fixture(scope="module")
def created(
    resources: Document, sql_shop: Project
) -> Iterator[dict[str, tuple[str, str]]]:
    """The physical name and the type of each resource that moto has created, by its
    name in the template.
    """
    with created_by_moto(
        sql_shop.folder / "deploy/template.yaml", STACK, TOLD, NOT_THERE
    ) as found:
        yield found


@pytest.fixture(scope="module")
def template(sql_shop: Project) -> Any:
    path = sql_shop.folder / "deploy/template.yaml"
    return import_module("functions_sql.local.template").Template(
        path, {"AWS::StackName": "shop"}
    )


def of_type(resources: Document, kind: str) -> dict[str, Document]:
    return {
        name: each.get("Properties", {})
        for name, each in resources.items()
        if each["Type"] == kind
    }


def test_cloudformation_has_nothing_to_object_to(sql_shop: Project) -> None:
    path = sql_shop.folder / "deploy/template.yaml"
    done = subprocess.run(
        [Path(sys.prefix, "bin/cfn-lint"), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_resource_is_created_or_of_a_kind_that_is_known_not_to_be(
    resources: Document, created: Any
) -> None:
    lacking = {
        resource["Type"] for name, resource in resources.items() if name not in created
    }
    assert lacking == NOT_THERE


def test_moto_knows_none_of_these_kinds_but_one_that_it_cannot_make() -> None:
    assert NOT_THERE & import_module(
        "moto.cloudformation.parsing"
    ).get_model_map().keys() == {"AWS::RDS::DBInstance"}


def test_what_was_created_is_there_by_its_own_api(
    created: Any, resources: Document
) -> None:
    client = import_module("boto3").client
    ec2 = client("ec2")

    def one(kind: str) -> str:
        (found,) = [physical for physical, of in created.values() if of == kind]
        return str(found)

    network = one("AWS::EC2::VPC")
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [network]}])[
        "Subnets"
    ]
    private = {created["PrivateA"][0], created["PrivateB"][0]}
    assert (
        len(
            {
                each["AvailabilityZone"]
                for each in subnets
                if each["SubnetId"] in private
            }
        )
        == 2
    )
    for name in ("PrivateA", "PrivateB"):  # moto takes no notice of it
        assert resources[name]["Properties"]["MapPublicIpOnLaunch"] is False
    endpoints = ec2.describe_vpc_endpoints(
        Filters=[{"Name": "vpc-id", "Values": [network]}]
    )["VpcEndpoints"]
    services = {each["ServiceName"].rpartition(".")[2] for each in endpoints}
    assert services == {"secretsmanager", "sqs", "lambda", "email-smtp", "s3"}
    (group,) = client("rds").describe_db_subnet_groups()["DBSubnetGroups"]
    assert {each["SubnetIdentifier"] for each in group["Subnets"]} == private
    groups = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [network]}]
    )["SecurityGroups"]
    known = {each["GroupId"]: each for each in groups}
    ways = {
        name: known[created[name][0]]
        for name in ("DatabaseGroup", "ProxyGroup", "FunctionGroup")
    }
    # nobody reaches a function by the network
    assert ways["FunctionGroup"]["IpPermissions"] == []
    for to, froms in {
        "ProxyGroup": {"FunctionGroup"},
        "DatabaseGroup": {"ProxyGroup", "MigrationGroup"},
    }.items():
        allowed = ways[to]["IpPermissions"]
        assert {rule["FromPort"] for rule in allowed} == {5432}
        assert not [rule for rule in allowed if rule["IpRanges"]]
        named = {
            pair["GroupId"] for rule in allowed for pair in rule["UserIdGroupPairs"]
        }
        assert named == {created[name][0] for name in froms}
    for name, (physical, kind) in created.items():
        if kind == "AWS::Lambda::Function":
            found = client("lambda").get_function(FunctionName=physical)[
                "Configuration"
            ]
            assert set(found["VpcConfig"]["SubnetIds"]) == private, name
        if kind == "AWS::SQS::Queue":
            kept = client("sqs").get_queue_attributes(
                QueueUrl=physical, AttributeNames=["All"]
            )["Attributes"]
            assert (
                int(kept["MessageRetentionPeriod"])
                == resources[name]["Properties"]["MessageRetentionPeriod"]
            )
        if kind == "AWS::Logs::LogGroup":
            (logs,) = client("logs").describe_log_groups(logGroupNamePrefix=physical)[
                "logGroups"
            ]
            assert logs["retentionInDays"] == 30


def test_the_database_is_kept_and_nobody_outside_reaches_it(
    resources: Document,
) -> None:
    (database,) = of_type(resources, "AWS::RDS::DBInstance").values()
    assert (
        database["StorageEncrypted"]
        and database["MultiAZ"]
        and database["EnableIAMDatabaseAuthentication"]
    )
    assert (
        not database["PubliclyAccessible"] and database["BackupRetentionPeriod"] == 30
    )
    assert database["ManageMasterUserPassword"] and "MasterUserPassword" not in database
    assert (
        resources["Database"]["DeletionPolicy"]
        == resources["Database"]["UpdateReplacePolicy"]
        == "Snapshot"
    )
    (settings,) = of_type(resources, "AWS::RDS::DBParameterGroup").values()
    assert settings["Parameters"]["rds.force_ssl"] == "1"
    (proxy,) = of_type(resources, "AWS::RDS::DBProxy").values()
    assert (
        proxy["RequireTLS"]
        and proxy["DefaultAuthScheme"] == "IAM_AUTH"
        and "Auth" not in proxy
    )


def test_without_a_way_out_there_is_none_and_with_it_one(sql_shop: Project) -> None:
    document = yaml.load(
        (sql_shop.folder / "deploy/template.yaml").read_text(), yaml.BaseLoader
    )
    assert document["Parameters"]["WayOut"]["Default"] == "false"
    ways = {
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::Route",
        "AWS::EC2::EIP",
    }
    conditional = [
        each["Condition"]
        for each in document["Resources"].values()
        if each["Type"] in ways
    ]
    assert set(conditional) == {"HasWayOut"} and len(conditional) == 5


def test_a_role_may_be_its_own_part_in_the_database_and_no_other(
    resources: Document,
) -> None:
    users: dict[str, set[str]] = {}
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Action"] == "rds-db:connect":
                    users[name] = {
                        word
                        for word in ("accounts", "inventory", "orders", "payments")
                        if f"/{word}" in json.dumps(statement)
                    }
    own = {
        f"{part.capitalize()}{kind}Role": {part}
        for part in ("accounts", "inventory", "orders", "payments")
        for kind in ("Function", "Background")
    }
    assert users == {
        **own,
        "DatabaseProxyRole": {"accounts", "inventory", "orders", "payments"},
    }


def test_a_wildcard_has_its_reason_beside_it(sql_shop: Project) -> None:
    lines = (sql_shop.folder / "deploy/template.yaml").read_text().splitlines()
    wild = [
        line for line in lines if "*" in line.partition("#")[0] and "proxy" not in line
    ]
    assert wild and all(line.partition("#")[2].strip() for line in wild), wild
    assert {line.partition("#")[0].strip() for line in wild} == {'Resource: "*"'}
    document = yaml.load("\n".join(lines), yaml.BaseLoader)
    for role in of_type(document["Resources"], "AWS::IAM::Role").values():
        statements = [
            each
            for policy in role["Policies"]
            for each in policy["PolicyDocument"]["Statement"]
        ]
        wide = [each for each in statements if each["Resource"] == "*"]
        # of interfaces in the network alone, and what the function itself is denied
        assert [each["Effect"] for each in wide] in ([], ["Allow", "Deny"])
        assert all(
            action.startswith("ec2:") for each in wide for action in each["Action"]
        )


def test_who_publishes_knows_the_queues_of_those_that_react(
    sql_shop: Project, resources: Document
) -> None:
    """And may send to these, and to no other but its own dead letters."""
    routes = import_module("functions_sql.apps.event_routes").ROUTES
    for part in ("accounts", "inventory", "orders", "payments"):
        told = {
            to
            for kind, handlers in routes.items()
            if kind.startswith(f"{part}.")
            for to in handlers.values()
        }
        for kind in ("Function", "Background"):
            function = resources[f"{part.capitalize()}{kind}"]["Properties"]
            variables = function["Environment"]["Variables"]
            assert (
                set(json.loads(variables["QUEUES"]["Fn::Sub"])) == told
                if told
                else "QUEUES" not in variables
            )
            role = json.dumps(resources[f"{part.capitalize()}{kind}Role"])
            for other in ("Accounts", "Inventory", "Orders", "Payments"):
                allowed = f'"{other}Queue", "Arn"' in role.replace("ReceiveMessage", "")
                assert allowed or other.lower() not in told


def test_each_minute_each_part_sees_to_its_outboxes_and_jobs(
    resources: Document,
) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    assert len(schedules) == 4
    for schedule in schedules.values():
        assert schedule["ScheduleExpression"] == "rate(1 minute)" and json.loads(
            schedule["Target"]["Input"]
        ) == {"job": "due"}
        # else the stages of an account would have to share it
        assert "Name" not in schedule


def test_nothing_has_a_new_version_before_the_tables_have_it(
    resources: Document,
) -> None:
    migration = of_type(resources, "Custom::Migrations")["Migrations"]
    assert "Ref" in migration["Version"]  # of the function: each change of it migrates
    for name in of_type(resources, "AWS::Lambda::Function"):
        assert name == "Migration" or resources[name]["DependsOn"] == "Migrations"


def test_each_function_queue_and_the_database_is_watched(template: Any) -> None:
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    functions = set(template.of_type("AWS::Serverless::Function")) - {"Migration"}
    wanted = {f"{name}{what}" for name in functions for what in ("Errors", "Throttles")}
    queues = template.of_type("AWS::SQS::Queue")
    wanted |= {f"{name}Age" for name in queues if name.endswith("Queue")}
    wanted |= {f"{name}Alarm" for name in queues if name.endswith("DeadLetters")}
    wanted |= {
        "MigrationErrors",
        "DatabaseCPUUtilizationAlarm",
        "DatabaseFreeStorageSpaceAlarm",
        "DatabaseWaitAlarm",
    }
    assert wanted <= {name for name, alarm in alarms.items() if alarm["AlarmActions"]}
