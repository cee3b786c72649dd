"""What the inventory module does, and who may have it done.

What is `@retry_on_conflict` runs again from its beginning, up to 50 times, when another
writer was first; a unit's lists do not see what it has staged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from shop.chassis.mechanism.events import PublishingUnitOfWork
from shop.chassis.mechanism.persistence import IdempotencyKey, Page, Query, Repository
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.access import Access, Caller, found_or_404
from shop.chassis.policy.entity import Versions
from shop.contracts import inventory as contract

from . import domain

PRODUCT_ACCESS = Access(read="public", write="staff")


class Unit(PublishingUnitOfWork, Protocol):
    @property
    def products(self) -> Repository[domain.Product]: ...

    @property
    def reservations(self) -> Repository[domain.Reservation]: ...


class InventoryService:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    async def list_products(self, caller: Caller, query: Query) -> Page[domain.Product]:
        PRODUCT_ACCESS.to_list(caller)
        return await self._units().products.page(query)

    async def get_product(self, caller: Caller, product_id: UUID) -> domain.Product:
        return PRODUCT_ACCESS.to_read(
            caller, await self._units().products.read(product_id)
        )

    @retry_on_conflict
    async def create_product(
        self,
        caller: Caller,
        fields: Mapping[str, Any],
        repeat: IdempotencyKey | None = None,
    ) -> domain.Product:
        PRODUCT_ACCESS.to_create(caller)
        unit = self._units()
        created = domain.Product(**fields)
        if (earlier := await unit.repeated(repeat)) is not None:
            return PRODUCT_ACCESS.to_repeat(
                caller, found_or_404(await unit.products.get(earlier)), created
            )
        unit.products.add(created)
        unit.remember(repeat, created.id)
        await unit.commit()
        return created

    @retry_on_conflict
    async def update_product(
        self,
        caller: Caller,
        product_id: UUID,
        changes: Mapping[str, Any],
        versions: Versions = None,
    ) -> domain.Product:
        unit = self._units()
        before = PRODUCT_ACCESS.to_write(
            caller, await unit.products.get(product_id)
        ).check_version(versions)
        after = before.evolve(**changes)
        unit.products.save(before, after)
        await unit.commit()
        return after

    @retry_on_conflict
    async def delete_product(
        self, caller: Caller, product_id: UUID, versions: Versions = None
    ) -> None:
        unit = self._units()
        found = PRODUCT_ACCESS.to_write(
            caller, await unit.products.get(product_id)
        ).check_version(versions)
        unit.products.delete(found)
        await unit.commit()

    async def products(self, product_ids: Sequence[UUID]) -> list[contract.ProductView]:
        """For other modules: those of the products that exist."""
        unit = self._units()
        found = await asyncio.gather(
            *(
                unit.products.read(product_id)
                for product_id in dict.fromkeys(product_ids)
            )
        )
        return [
            contract.ProductView(id=row.id, name=row.name, price=row.price)
            for row in found
            if row is not None
        ]
