"""How the module orders is put together: what its service is made from (docs/guide.md)."""

from __future__ import annotations

from shop.chassis.mechanism.context import PartContext
from shop.contracts.inventory import Inventory

from .repository import OrdersUnitOfWork
from .service import OrdersService


def service(part: PartContext, inventory: Inventory) -> OrdersService:
    return OrdersService(part.units(OrdersUnitOfWork), inventory)
