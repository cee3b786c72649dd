"""How the module items is put together: what its service is made from (docs/guide.md)."""

from __future__ import annotations

from shop.chassis.mechanism.context import PartContext

from .repository import ItemsUnitOfWork
from .service import ItemsService


def service(part: PartContext) -> ItemsService:
    return ItemsService(part.units(ItemsUnitOfWork))
