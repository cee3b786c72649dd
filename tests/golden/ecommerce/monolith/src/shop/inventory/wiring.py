"""How the module inventory is put together: what its service is made from (docs/guide.md)."""

from __future__ import annotations

from shop.chassis.mechanism.context import PartContext

from .repository import InventoryUnitOfWork
from .service import InventoryService


def service(part: PartContext) -> InventoryService:
    return InventoryService(part.units(InventoryUnitOfWork))
