"""How the module inventory is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.part import Part

from .reactions import InventoryReactions
from .repository import InventoryUnit
from .service import InventoryService


def service(part: Part) -> InventoryService:
    return InventoryService(part.units(InventoryUnit))


def background(part: Part) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.upkeep(InventoryUnit),
        InventoryReactions(part.units(InventoryUnit)),
    ]
