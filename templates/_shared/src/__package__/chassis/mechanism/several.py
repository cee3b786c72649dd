"""Rows by their ids, many at once: what the cache lacks is loaded with one query.

Adapter: `sql_several.py` or `dynamodb_several.py`, whichever is here.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Collection, Mapping
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from .batching import DataLoader
from .entity import Entity
from .errors import ValidationFailed
from .persistence import Repository
from .unit_of_work import BaseRepository

E = TypeVar("E", bound=Entity)


class SeveralRepository(Repository[E], Protocol):
    async def several(self, ids: Collection[UUID]) -> list[E]:
        """Those of these rows that are there, as `read` gives each (ValidationFailed:
        they are too large for one answer).
        """


class BatchedRepository(BaseRepository[E]):
    async def several(self, ids: Collection[UUID]) -> list[E]:
        loader = DataLoader(self.load_several)
        cache, adapter = self._unit.cache, self._codec.adapter
        reads = [
            cache.read(self._key(entity_id), adapter, partial(loader.get, entity_id))
            for entity_id in ids
        ]
        found = await asyncio.gather(*reads)
        return [row for row in found if row is not None]

    @abstractmethod
    async def load_several(self, ids: Collection[UUID]) -> Mapping[UUID, E]:
        """From the database, with one query, as they are now."""


def too_much(what: str) -> ValidationFailed:
    """What comes along is more than one answer can have."""
    return ValidationFailed(
        "Too much comes along", expand=f"{what}: ask for less, or for fewer rows"
    )
