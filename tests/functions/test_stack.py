"""The stack of `deploy/template.yaml`, as SAM makes it and as CloudFormation of moto creates it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from tests.support.projects import Project
from tests.support.template import NOT_THERE, TOLD, created_by_moto, translated

STACK = "shop"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def resources(shop: Project) -> Document:
    """What SAM makes of the template."""
    found: Document = translated(shop.folder / "deploy/template.yaml", TOLD)["Resources"]
    return found


@pytest.fixture(scope="module")
def created(resources: Document, shop: Project) -> Iterator[dict[str, tuple[str, str]]]:
    """The physical name and the type of each resource that moto has created, by its name in the template."""
    with created_by_moto(shop.folder / "deploy/template.yaml", STACK, TOLD, NOT_THERE) as found:
        yield found


def test_each_resource_is_created_or_of_a_kind_that_is_known_not_to_be(resources: Document, created: Any) -> None:
    lacking = {resource["Type"] for name, resource in resources.items() if name not in created}
    assert lacking == NOT_THERE
    assert len(created) > 40


def assert_that(holds: bool) -> None:
    assert holds


def test_what_was_created_is_there_by_its_own_api(created: Any, resources: Document) -> None:
    """Each kind is asked for where it lives; a kind that is not in this list fails."""
    client: Callable[[str], Any] = import_module("boto3").client

    def table(name: str, properties: Document) -> None:
        found = client("dynamodb").describe_table(TableName=name)["Table"]
        assert found["DeletionProtectionEnabled"]
        # which CloudFormation of moto passes over
        assert properties["SSESpecification"]["SSEEnabled"] and properties["TimeToLiveSpecification"]["Enabled"]
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert ("LatestStreamArn" in found) == ("StreamSpecification" in properties)

    def queue(url: str, properties: Document) -> None:
        found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert ("RedrivePolicy" in found) == ("RedrivePolicy" in properties)
        assert int(found["MessageRetentionPeriod"]) == properties["MessageRetentionPeriod"]

    def function(name: str, properties: Document) -> None:
        found = client("lambda").get_function(FunctionName=name)["Configuration"]
        assert (found["Handler"], found["Runtime"]) == (properties["Handler"], "python3.13")

    def mapping(name: str, properties: Document) -> None:
        found = client("lambda").get_event_source_mapping(UUID=name)
        assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def role(name: str, properties: Document) -> None:
        names = client("iam").list_role_policies(RoleName=name)["PolicyNames"]
        assert names == [policy["PolicyName"] for policy in properties.get("Policies", [])]

    def logs(name: str, properties: Document) -> None:
        (found,) = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert found["retentionInDays"] == 30

    def topic(arn: str, properties: Document) -> None:
        (found,) = client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        assert found["Endpoint"] == TOLD["AlarmEmail"]

    def board(name: str, properties: Document) -> None:
        body = client("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"]
        assert len(json.loads(body)["widgets"]) > 20

    asked: dict[str, Callable[[str, Document], None]] = {
        "AWS::CloudWatch::Dashboard": board,
        "AWS::DynamoDB::Table": table,
        "AWS::IAM::Role": role,
        "AWS::Lambda::EventSourceMapping": mapping,
        "AWS::Lambda::Function": function,
        "AWS::Lambda::Permission": lambda _, properties: assert_that(properties["Action"] == "lambda:InvokeFunction"),
        "AWS::Lambda::Version": lambda _, properties: assert_that("FunctionName" in properties),
        "AWS::Logs::LogGroup": logs,
        "AWS::Route53::RecordSet": lambda _, properties: assert_that(properties["Type"] == "A"),
        "AWS::SNS::Topic": topic,
        "AWS::SQS::Queue": queue,
    }
    assert {kind for _, kind in created.values()} == set(asked)
    for name, (physical, kind) in created.items():
        asked[kind](physical, resources[name].get("Properties", {}))
