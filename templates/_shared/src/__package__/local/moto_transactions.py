"""Transactions of moto that cost what they touch.

To be able to take a transaction back, moto copies each of its tables as a whole, with
the stream, once for every item: a write takes seconds where there are a few thousand
rows. Here the rows that it names are kept instead.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

write_copying = DynamoDBBackend.transact_write_items


class Kept:
    """A row as it was before the transaction, and how long its table's stream was."""

    def __init__(self, table: Table, key: dict[str, Any]) -> None:
        self._table = table
        self._hash = DynamoType(key[table.hash_key_attr])
        self._range = (
            DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
        )
        self._row = deepcopy(table.get_item(self._hash, self._range))
        self._told = len(table.stream_shard.items) if table.stream_shard else 0

    def put_back(self) -> None:
        table = self._table
        rows: Any = table.items if self._range is None else table.items[self._hash]
        key = self._range or self._hash
        if self._row is None:
            rows.pop(key, None)
        else:
            rows[key] = self._row
        if table.stream_shard:
            del table.stream_shard.items[self._told :]


def write(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """moto's own transaction, with its copies of tables left out."""
    named = [next(iter(item.values())) for item in transact_items]
    kept = [
        Kept(backend.tables[each["TableName"]], each.get("Key") or each["Item"])
        for each in named
        if each["TableName"] in backend.tables
    ]
    try:
        with patch.object(Table, "__deepcopy__", lambda table, _: table, create=True):
            write_copying(backend, transact_items)
    except Exception:
        for row in kept:
            row.put_back()
        raise


def keep_rows_alone() -> None:
    """From now on, in this process."""
    patch.object(DynamoDBBackend, "transact_write_items", write).start()
