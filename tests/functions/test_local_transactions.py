"""Transactions of the local DynamoDB keep what they touch, and not copies of whole
tables: what they leave is what moto's own leave.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from tests.support.projects import Project

KEYS = st.fixed_dictionaries({"pk": st.sampled_from("ab"), "sk": st.sampled_from("cd")})
CONDITIONS = st.sampled_from([None, "attribute_exists(pk)", "attribute_not_exists(pk)"])
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["Put", "Update", "Delete", "ConditionCheck"]), KEYS, CONDITIONS
    ),
    min_size=1,
    max_size=4,
)


def make_table(name: str) -> Any:
    database = boto3.client("dynamodb")
    database.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        StreamSpecification={
            "StreamEnabled": True,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    )
    return database


def say(
    table: str, number: int, kind: str, key: dict[str, str], condition: str | None
) -> dict[str, Any]:
    named = {name: {"S": value} for name, value in key.items()}
    said: dict[str, Any] = {"TableName": table}
    if condition or kind == "ConditionCheck":
        said["ConditionExpression"] = condition or "attribute_exists(pk)"
    if kind == "Put":
        return {kind: {**said, "Item": {**named, "n": {"N": str(number)}}}}
    said["Key"] = named
    if kind == "Update":
        said["UpdateExpression"] = "SET n = :n"
        said["ExpressionAttributeValues"] = {":n": {"N": str(number)}}
    return {kind: said}


def read_all(database: Any, table: str) -> tuple[Any, Any]:
    """The table's rows, and what its stream told."""
    streams = boto3.client(
        "dynamodbstreams", config=Config(account_id_endpoint_mode="disabled")
    )
    arn = database.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0][
        "ShardId"
    ]
    first = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    told = [
        (
            record["eventName"],
            record["dynamodb"].get("NewImage"),
            record["dynamodb"].get("OldImage"),
            record["dynamodb"]["SequenceNumber"],
        )
        for record in streams.get_records(ShardIterator=first)["Records"]
    ]
    return database.scan(TableName=table)["Items"], told


@pytest.mark.long
@pytest.mark.usefixtures("aws")
def test_a_transaction_leaves_what_moto_itself_leaves_done_or_undone(
    shop: Project,
) -> None:
    ours = import_module("functions_shop.local.moto_transactions").write
    made = iter(range(10_000))

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(OPERATIONS, max_size=6))
    def holds(transactions: list[Any]) -> None:
        number = next(made)
        tables = [f"own-{number}", f"kept-{number}"]
        database = boto3.client("dynamodb")
        for name in tables:
            make_table(name)
        for turn, operations in enumerate(transactions):
            answers = []
            for table, write in zip(
                tables, (DynamoDBBackend.transact_write_items, ours), strict=True
            ):
                items: Any = [say(table, turn, *operation) for operation in operations]
                with patch.object(DynamoDBBackend, "transact_write_items", write):
                    try:
                        database.transact_write_items(TransactItems=items)
                        answers.append("done")
                    except ClientError as refused:
                        answers.append(str(refused))
            assert answers[0] == answers[1]
            assert read_all(database, tables[0]) == read_all(database, tables[1])

    holds()


@pytest.mark.usefixtures("aws")
def test_a_transaction_copies_no_row_but_those_that_it_names(shop: Project) -> None:
    module = import_module("functions_shop.local.moto_transactions")
    database = make_table("many")
    copied: list[Item] = []

    def copy_row(row: Item, _: Any) -> Item:
        copied.append(row)
        return row

    with (
        patch.object(DynamoDBBackend, "transact_write_items", module.write),
        patch.object(Item, "__deepcopy__", copy_row, create=True),
    ):
        for number in range(50):
            key = {"pk": "a", "sk": str(number)}
            items: Any = [say("many", number, "Put", key, None)]
            database.transact_write_items(TransactItems=items)
    assert copied == []
    assert len(database.scan(TableName="many")["Items"]) == 50
