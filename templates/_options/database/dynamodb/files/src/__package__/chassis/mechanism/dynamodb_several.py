"""Rows by their ids on DynamoDB, a hundred with one BatchGetItem."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar
from uuid import UUID

from .dynamodb_batch import READS, get_many
from .dynamodb_unit_of_work import DynamoRepository
from .entity import Entity
from .persistence import MAX_PAGE_BYTES
from .several import BatchedRepository, too_much

E = TypeVar("E", bound=Entity)


class SeveralDynamoRepository(BatchedRepository[E], DynamoRepository[E]):
    async def load_several(self, ids: Collection[UUID]) -> Mapping[UUID, E]:
        keys = [f"{self._name}#{entity_id}" for entity_id in ids]
        found: dict[UUID, E] = {}
        size = 0
        for start in range(0, len(keys), READS):
            items = await get_many(self._table, keys[start : start + READS])
            size += sum(len(item["doc"]["S"]) for item in items.values())
            if size > MAX_PAGE_BYTES:
                raise too_much(f"these rows have more than {MAX_PAGE_BYTES} bytes")
            rows = map(self.entity, items.values())
            found |= {row.id: row for row in rows}
        return found
