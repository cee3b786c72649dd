"""What the module orders has for the background: what handles events or runs on schedule (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext

from .event_handlers import OrdersEventHandlers
from .repository import OrdersUnitOfWork


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(OrdersUnitOfWork),
        OrdersEventHandlers(part.units(OrdersUnitOfWork)),
    ]
