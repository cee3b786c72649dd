"""How the module items is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from shop.chassis.part import Part

from .repository import ItemsUnit
from .service import ItemsService


def service(part: Part) -> ItemsService:
    return ItemsService(part.units(ItemsUnit))
