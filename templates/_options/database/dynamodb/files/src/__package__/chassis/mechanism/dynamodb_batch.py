"""Batches of DynamoDB: many items read or written with few requests, in parallel, none
of them with a condition, and not all or nothing.

What DynamoDB leaves undone, because it is too much at once, is asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from .dynamodb import Item, Table, key
from .errors import Unavailable

READS = 100  # items that one request may read
WRITES = 25  # items that one request may write
PARALLEL = 8  # requests at once
TRIES = 8  # of a request, 3 s in all


async def get_many(table: Table, pks: Sequence[str]) -> dict[str, Item]:
    """The items that are there, as they are now, by their `pk`; no key may come twice."""

    async def read(keys: list[dict[str, Any]]) -> list[Item]:
        asked: Any = {table.name: {"Keys": keys, "ConsistentRead": True}}
        found: list[Item] = []
        for attempt in range(TRIES):
            answer = await table.database.call("batch_get_item", RequestItems=asked)
            found += answer["Responses"].get(table.name, [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return found
            await asyncio.sleep(0.025 * 2**attempt)
        raise Unavailable("The database takes no more reads just now")

    parts = [[key(pk)["Key"] for pk in part] for part in _parts(pks, READS)]
    answers = await asyncio.gather(*map(read, parts))
    return {item["pk"]["S"]: item for items in answers for item in items}


async def put_many(table: Table, items: Sequence[Item]) -> None:
    await _write(table, [{"PutRequest": {"Item": item}} for item in items])


async def delete_many(table: Table, pks: Sequence[str]) -> None:
    await _write(table, [{"DeleteRequest": key(pk)} for pk in pks])


async def _write(table: Table, requests: Sequence[dict[str, Any]]) -> None:
    room = asyncio.Semaphore(PARALLEL)

    async def write(part: Sequence[dict[str, Any]]) -> None:
        async with room:
            asked: Any = {table.name: part}
            for attempt in range(TRIES):
                answer = await table.database.call(
                    "batch_write_item", RequestItems=asked
                )
                asked = answer.get("UnprocessedItems")
                if not asked:
                    return
                await asyncio.sleep(0.025 * 2**attempt)
        raise Unavailable("The database takes no more writes just now")

    await asyncio.gather(*map(write, _parts(requests, WRITES)))


def _parts(found: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return [found[start : start + size] for start in range(0, len(found), size)]
