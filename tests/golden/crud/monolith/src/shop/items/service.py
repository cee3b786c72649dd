"""What the items module does, and who may have it done.

What is `@retry_on_conflict` runs again from its beginning, up to 50 times, when another
writer was first; a unit's lists do not see what it has staged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from shop.chassis.mechanism.persistence import (
    IdempotencyKey,
    Page,
    Query,
    Repository,
    UnitOfWork,
)
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.access import Access, Caller, found_or_404
from shop.chassis.policy.entity import Versions

from . import domain

ITEM_ACCESS = Access(read="owner", write="owner")


class Unit(UnitOfWork, Protocol):
    @property
    def items(self) -> Repository[domain.Item]: ...


class ItemsService:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    async def list_items(self, caller: Caller, query: Query) -> Page[domain.Item]:
        query = replace(query, owner=ITEM_ACCESS.to_list(caller))
        return await self._units().items.page(query)

    async def get_item(self, caller: Caller, item_id: UUID) -> domain.Item:
        return ITEM_ACCESS.to_read(caller, await self._units().items.read(item_id))

    @retry_on_conflict
    async def create_item(
        self,
        caller: Caller,
        fields: Mapping[str, Any],
        repeat: IdempotencyKey | None = None,
    ) -> domain.Item:
        ITEM_ACCESS.to_create(caller)
        unit = self._units()
        created = domain.Item(**fields, owner_id=caller.id)
        if (earlier := await unit.repeated(repeat)) is not None:
            return ITEM_ACCESS.to_repeat(
                caller, found_or_404(await unit.items.get(earlier)), created
            )
        unit.items.add(created)
        unit.remember(repeat, created.id)
        await unit.commit()
        return created

    @retry_on_conflict
    async def update_item(
        self,
        caller: Caller,
        item_id: UUID,
        changes: Mapping[str, Any],
        versions: Versions = None,
    ) -> domain.Item:
        unit = self._units()
        before = ITEM_ACCESS.to_write(
            caller, await unit.items.get(item_id)
        ).check_version(versions)
        after = before.evolve(**changes)
        unit.items.save(before, after)
        await unit.commit()
        return after

    @retry_on_conflict
    async def delete_item(
        self, caller: Caller, item_id: UUID, versions: Versions = None
    ) -> None:
        unit = self._units()
        found = ITEM_ACCESS.to_write(
            caller, await unit.items.get(item_id)
        ).check_version(versions)
        unit.items.delete(found)
        await unit.commit()
