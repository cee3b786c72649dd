"""DynamoDB client and sortable keys: a table for each module, one client for a part,
keys that sort as their values do.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from botocore import exceptions as aws

from .aws import client
from .errors import Problem, StaleVersion, Unavailable
from .persistence import MAX_PAGE_BYTES, MAX_WRITES

CONFLICT_CODES = {"TransactionConflict", "TransactionInProgress"}
THROTTLING_CODES = {
    "InternalServerError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingError",
}
MAX_KEY_BYTES = 900  # bytes of a value in a key; a sort key may have 1,024
MAX_DECIMAL = 10**18  # beyond any decimal that a field can hold
Item = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Write:
    """One write: Put, Update, Delete or ConditionCheck, and the problem that it is when
    its condition fails.
    """

    action: str
    arguments: dict[str, Any]
    refusal: Problem = field(default_factory=StaleVersion)


class Database:
    """The tables of a part's modules.

    `prefix`: what their names begin with. Calls run in the loop's threads.
    """

    def __init__(
        self, prefix: str, modules: Iterable[str], connections: int = 32
    ) -> None:
        self._connections = connections
        self._tables = {name: Table(self, f"{prefix}-{name}") for name in modules}

    def module(self, name: str) -> Table:
        """The table of this module."""
        return self._tables[name]

    def maintenance(self, unit: type[object]) -> list[object]:
        """What a module's tables need done in the background: nothing, since DynamoDB
        deletes what has had its day (`ttl`).
        """
        return []

    async def ping(self) -> None:
        """Asks every table (Unavailable when one does not answer)."""
        await asyncio.gather(*(table.get("ping") for table in self._tables.values()))

    async def close(self) -> None:
        await asyncio.to_thread(self._client.close)

    async def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return await asyncio.to_thread(
                getattr(self._client, operation), **arguments
            )
        except (aws.ConnectionError, aws.HTTPClientError) as error:
            raise Unavailable("The database does not answer") from error
        except aws.ClientError as error:
            raise _meaning(error.response["Error"]["Code"]) or error from error

    @cached_property
    def _client(self) -> Any:
        return client(
            "dynamodb",
            connect_timeout=1,
            read_timeout=3,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=self._connections,
        )


class Table:
    """Items by `pk`; all attributes are strings or numbers as DynamoDB writes them."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name

    async def get(self, pk: str) -> Item | None:
        """The item as it is now."""
        answer = await self.database.call(
            "get_item", TableName=self.name, ConsistentRead=True, **key(pk)
        )
        return answer.get("Item")

    async def query(
        self, index: str, pk: str, most: int, *, descending: bool, after: str | None
    ) -> list[Item]:
        """The first rows of a key in an index, or those behind a sort key; no more than
        make a page larger than it may be.
        """
        condition = f"{index}pk = :pk"
        values = {":pk": text(pk)}
        if after is not None:
            beyond = ">"
            if descending:
                beyond = "<"
            condition += f" AND {index}sk {beyond} :after"
            values[":after"] = text(after)
        arguments = {
            "TableName": self.name,
            "IndexName": index,
            "ScanIndexForward": not descending,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        found: list[Item] = []
        size = 0
        while True:  # an answer holds 1 MB at most
            page = await self.database.call(
                "query", **arguments, Limit=most - len(found)
            )
            found += page["Items"]
            size += sum(len(item["doc"]["S"]) for item in page["Items"])
            if (
                len(found) >= most
                or size > MAX_PAGE_BYTES
                or "LastEvaluatedKey" not in page
            ):
                return found
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    async def write(self, writes: Sequence[Write]) -> None:
        """All of them or none; the first whose condition fails says what is wrong."""
        if len(writes) > MAX_WRITES:
            raise ValueError(f"a transaction may write {MAX_WRITES} items at most")
        try:
            if len(writes) == 1:  # costs half of a transaction
                operation = f"{writes[0].action.lower()}_item"
                await self.database.call(
                    operation, TableName=self.name, **writes[0].arguments
                )
            elif writes:
                items = [
                    {write.action: {"TableName": self.name, **write.arguments}}
                    for write in writes
                ]
                await self.database.call("transact_write_items", TransactItems=items)
        except aws.ClientError as error:
            raise _refusal(writes, error) from error


def _refusal(writes: Sequence[Write], error: aws.ClientError) -> Exception:
    """What a transaction that was refused means to its caller."""
    response: Any = error.response
    reasons = response.get("CancellationReasons", [response["Error"]])
    codes = [str(reason["Code"]) for reason in reasons]
    for write, code in zip(writes, codes, strict=False):
        if code.startswith("ConditionalCheckFailed"):
            return write.refusal
    for code in codes:
        problem = _meaning(code)
        if problem is not None:
            return problem
    return error


def text(value: str) -> dict[str, str]:
    return {"S": value}


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def key(pk: str) -> dict[str, Any]:
    """The arguments that name an item."""
    return {"Key": {"pk": text(pk)}}


def when(condition: str, **values: int) -> dict[str, Any]:
    """The arguments of a write that is made if what is there meets the condition
    (`:name` stands for a value).
    """
    return {
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {
            f":{name}": number(value) for name, value in values.items()
        },
    }


def put(
    item: Item, condition: str | None = None, refusal: Problem | None = None
) -> Write:
    """Writes an item, if what is there meets the condition."""
    arguments: dict[str, Any] = {"Item": item}
    if condition:
        arguments["ConditionExpression"] = condition
    return Write("Put", arguments, refusal or StaleVersion())


def _meaning(code: str) -> Problem | None:
    code = code.removesuffix("Exception")
    if code in CONFLICT_CODES:
        return StaleVersion()
    if code in THROTTLING_CODES:
        return Unavailable("The database does not answer")
    return None


def key_of(value: Any) -> str:
    """A value as part of a key: keys sort, byte by byte, as the values do (very long
    strings by their beginning).
    """
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return f"{value + 2**63:020d}"
    if isinstance(value, timedelta):
        value //= timedelta(microseconds=1)
        return key_of(value)
    if isinstance(value, float):
        (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))
        # those of negative numbers rise as the numbers fall
        return f"{bits ^ (2**64 - 1) if bits >> 63 else bits | 2**63:016x}"
    if isinstance(value, Decimal):
        bounded = min(max(value, Decimal(-MAX_DECIMAL)), Decimal(MAX_DECIMAL))
        return f"{int(bounded.scaleb(18)) + MAX_DECIMAL**2:037d}"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None)
        # then by the offset, where that is kept
        offset = value.isoformat()[-6:] if value.utcoffset() else ""
        return moment.isoformat(timespec="microseconds") + offset
    if isinstance(value, date):
        return value.isoformat()
    encoded = str(value).encode()
    if len(encoded) <= MAX_KEY_BYTES:
        return str(value)
    return (
        encoded[:MAX_KEY_BYTES].decode(errors="ignore")
        + hashlib.sha256(encoded).hexdigest()
    )
