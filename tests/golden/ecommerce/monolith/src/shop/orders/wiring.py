"""How the module orders is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext
from shop.contracts.inventory import Inventory

from .event_handlers import OrdersEventHandlers
from .repository import OrdersUnitOfWork
from .service import OrdersService


def service(part: PartContext, inventory: Inventory) -> OrdersService:
    return OrdersService(part.units(OrdersUnitOfWork), inventory)


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(OrdersUnitOfWork),
        OrdersEventHandlers(part.units(OrdersUnitOfWork)),
    ]
