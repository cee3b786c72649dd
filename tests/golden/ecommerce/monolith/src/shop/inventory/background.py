"""What the module inventory has for the background: what handles events or runs on schedule (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext

from .event_handlers import InventoryEventHandlers
from .repository import InventoryUnitOfWork


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(InventoryUnitOfWork),
        InventoryEventHandlers(part.units(InventoryUnitOfWork)),
    ]
