"""How the module items is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.part import Part

from .repository import ItemsUnit
from .service import ItemsService


def service(part: Part) -> ItemsService:
    return ItemsService(part.units(ItemsUnit))


def background(part: Part) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.upkeep(ItemsUnit),
    ]
