"""What CloudFormation of moto has created of a stack of functions, asked for where it
lives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from moto.cloudformation.parsing import get_model_map
from tests.support.template import TOLD

Document = dict[str, Any]


def assert_that(holds: bool) -> None:
    assert holds


def hold_each(
    resources: Document, created: Mapping[str, tuple[str, str]], not_there: set[str]
) -> None:
    """Each resource is created, or of a kind that is said not to be, and that moto does
    not know.
    """
    lacking = {
        resource["Type"] for name, resource in resources.items() if name not in created
    }
    assert lacking == not_there
    assert not not_there & get_model_map().keys()


def hold_by_api(
    resources: Document, created: Mapping[str, tuple[str, str]], stack: str
) -> None:
    """Each kind is asked for where it lives; a kind that is not in this list fails.

    `created`: physical name and type, by the name in the template.
    """
    client: Callable[[str], Any] = import_module("boto3").client

    def table(name: str, properties: Document) -> None:
        found = client("dynamodb").describe_table(TableName=name)["Table"]
        assert found["DeletionProtectionEnabled"]
        # which CloudFormation of moto passes over
        assert (
            properties["SSESpecification"]["SSEEnabled"]
            and properties["TimeToLiveSpecification"]["Enabled"]
        )
        assert properties["PointInTimeRecoverySpecification"][
            "PointInTimeRecoveryEnabled"
        ]
        assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert ("LatestStreamArn" in found) == ("StreamSpecification" in properties)

    def queue(url: str, properties: Document) -> None:
        found = client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["All"]
        )["Attributes"]
        assert ("RedrivePolicy" in found) == ("RedrivePolicy" in properties)
        assert (
            int(found["MessageRetentionPeriod"]) == properties["MessageRetentionPeriod"]
        )

    def function(name: str, properties: Document) -> None:
        found = client("lambda").get_function(FunctionName=name)["Configuration"]
        assert (found["Handler"], found["Runtime"]) == (
            properties["Handler"],
            "python3.13",
        )

    def mapping(name: str, properties: Document) -> None:
        found = client("lambda").get_event_source_mapping(UUID=name)
        assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def role(name: str, properties: Document) -> None:
        names = client("iam").list_role_policies(RoleName=name)["PolicyNames"]
        assert names == [
            policy["PolicyName"] for policy in properties.get("Policies", [])
        ]

    def logs(name: str, properties: Document) -> None:
        (found,) = client("logs").describe_log_groups(logGroupNamePrefix=name)[
            "logGroups"
        ]
        assert found["retentionInDays"] == 30

    def topic(arn: str, properties: Document) -> None:
        (found,) = client("sns").list_subscriptions_by_topic(TopicArn=arn)[
            "Subscriptions"
        ]
        assert found["Endpoint"] == TOLD["AlarmEmail"]

    def board(name: str, properties: Document) -> None:
        body = client("cloudwatch").get_dashboard(DashboardName=stack)["DashboardBody"]
        assert len(json.loads(body)["widgets"]) > 20

    def bucket(name: str, properties: Document) -> None:
        (rule,) = client("s3").get_bucket_encryption(Bucket=name)[
            "ServerSideEncryptionConfiguration"
        ]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        # which CloudFormation of moto passes over
        assert (
            set(properties["PublicAccessBlockConfiguration"].values()) == {True}
            and properties["LifecycleConfiguration"]
        )

    asked: dict[str, Callable[[str, Document], None]] = {
        "AWS::CloudWatch::Dashboard": board,
        "AWS::DynamoDB::Table": table,
        "AWS::IAM::Role": role,
        "AWS::Lambda::EventSourceMapping": mapping,
        "AWS::Lambda::Function": function,
        "AWS::Lambda::Permission": lambda _, properties: assert_that(
            properties["Action"] == "lambda:InvokeFunction"
        ),
        "AWS::Lambda::Version": lambda _, properties: assert_that(
            "FunctionName" in properties
        ),
        "AWS::Logs::LogGroup": logs,
        "AWS::Route53::RecordSet": lambda _, properties: assert_that(
            properties["Type"] == "A"
        ),
        "AWS::S3::Bucket": bucket,
        "AWS::SNS::Topic": topic,
        "AWS::SQS::Queue": queue,
    }
    unknown = {kind for _, kind in created.values()} - set(asked)
    assert not unknown, unknown
    for name, (physical, kind) in created.items():
        asked[kind](physical, resources[name].get("Properties", {}))
