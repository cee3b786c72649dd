"""How the module inventory is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext

from .event_handlers import InventoryEventHandlers
from .repository import InventoryUnitOfWork
from .service import InventoryService


def service(part: PartContext) -> InventoryService:
    return InventoryService(part.units(InventoryUnitOfWork))


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(InventoryUnitOfWork),
        InventoryEventHandlers(part.units(InventoryUnitOfWork)),
    ]
