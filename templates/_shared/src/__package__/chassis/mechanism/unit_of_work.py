"""Unit of work and inbox, as they are on every database.

Adapter: `sql_unit_of_work.py` or `dynamodb_unit_of_work.py`, whichever is here.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID, uuid5

from .cache import Cache
from .entity import Entity
from .errors import Conflict
from .persistence import ChangeSet, Codec, IdempotencyKey

E = TypeVar("E", bound=Entity)
# the handler that has an event just now
current_handler: ContextVar[str] = ContextVar("current_handler", default="")


class BaseUnitOfWork(ABC):
    """Storage of one module for one use case.

    A module's unit names its repositories as attributes.
    """

    module: ClassVar[str]

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.staged = ChangeSet()
        self.repository_of: dict[str, Any] = {}

    async def repeated(self, request: IdempotencyKey | None) -> UUID | None:
        if request is None:
            return None
        found = await self.find_processed(request.key)
        if found is None:
            return None
        if found.fingerprint != request.fingerprint:
            raise Conflict("This Idempotency-Key was used with another body")
        return found.entity_id

    def remember(self, request: IdempotencyKey | None, entity_id: UUID) -> None:
        if request is not None:
            self.staged.processed.append(replace(request, entity_id=entity_id))

    async def already_processed(self, event_id: UUID) -> bool:
        key = str(uuid5(event_id, current_handler.get()))
        if await self.find_processed(key):
            return True
        self.staged.processed.append(IdempotencyKey(key))
        return False

    async def commit(self) -> None:
        staged = self.staged
        self.staged = ChangeSet()
        # whoever is gone meanwhile, the cache is told of it, too
        await asyncio.shield(self._commit(staged))

    async def _commit(self, staged: ChangeSet) -> None:
        await self.apply(staged)
        for (name, entity_id), (before, after) in staged.changes.items():
            await self.repository_of[name].remember(entity_id, before, after)

    @abstractmethod
    async def apply(self, staged: ChangeSet) -> None:
        """Writes all of it or nothing."""

    @abstractmethod
    async def find_processed(self, key: str) -> IdempotencyKey | None: ...


class BaseRepository(ABC, Generic[E]):
    """A repository. `name`: of its rows within the module."""

    def __init__(self, unit: BaseUnitOfWork, codec: Codec[E], name: str) -> None:
        self._unit = unit
        self._codec = codec
        self._name = name
        unit.repository_of[name] = self

    async def get(self, entity_id: UUID) -> E | None:
        staged = self._unit.staged.changes.get((self._name, entity_id))
        if staged is None:
            return await self.load(entity_id)
        _, after = staged
        return after  # type: ignore[no-any-return]

    async def read(self, entity_id: UUID) -> E | None:
        load = partial(self.load, entity_id)
        key = self._key(entity_id)
        return await self._unit.cache.read(key, self._codec.adapter, load)

    @abstractmethod
    async def load(self, entity_id: UUID) -> E | None:
        """From the database, as it is now."""

    def add(self, entity: E) -> None:
        self._unit.staged.put(self._name, entity.id, None, entity)

    def save(self, before: E, after: E) -> None:
        self._unit.staged.put(self._name, after.id, before, after)

    def delete(self, entity: E) -> None:
        self._unit.staged.put(self._name, entity.id, entity, None)

    async def remember(
        self, entity_id: UUID, before: E | None, after: E | None
    ) -> None:
        """Tells the cache what is there now."""
        key = self._key(entity_id)
        await self._unit.cache.remember(key, self._codec.adapter, before, after)

    def _key(self, entity_id: UUID) -> str:
        return f"{self._unit.module}:{self._name}:{entity_id}"
