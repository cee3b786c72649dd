"""How the module items is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext

from .repository import ItemsUnitOfWork
from .service import ItemsService


def service(part: PartContext) -> ItemsService:
    return ItemsService(part.units(ItemsUnitOfWork))


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(ItemsUnitOfWork),
    ]
