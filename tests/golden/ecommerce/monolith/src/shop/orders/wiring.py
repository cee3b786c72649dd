"""How the module orders is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.part import Part
from shop.contracts.inventory import Inventory

from .reactions import OrdersReactions
from .repository import OrdersUnit
from .service import OrdersService


def service(part: Part, inventory: Inventory) -> OrdersService:
    return OrdersService(part.units(OrdersUnit), inventory)


def background(part: Part) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.upkeep(OrdersUnit),
        OrdersReactions(part.units(OrdersUnit)),
    ]
