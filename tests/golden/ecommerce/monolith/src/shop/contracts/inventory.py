"""What others may know of the inventory, and ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from shop.chassis.mechanism.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    id: UUID
    name: str
    price: Decimal


class Inventory(Protocol):
    async def products(self, product_ids: Sequence[UUID]) -> list[ProductView]:
        """Those of the products that exist.

        Unavailable: the inventory is away, and nothing is known of any of them; whoever
        asks stores nothing that rests on them, and may ask again.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReserved(Event):
    type: ClassVar[str] = "inventory.stock.reserved"
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRefused(Event):
    type: ClassVar[str] = "inventory.stock.refused"
    order_id: UUID
    reason: Literal["out_of_stock", "unknown_product"]
