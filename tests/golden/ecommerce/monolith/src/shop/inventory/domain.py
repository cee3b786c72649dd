"""What the inventory module is about, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shop.chassis.mechanism.persistence import Listing
from shop.chassis.policy.entity import Entity

ProductCategory = Literal["book", "tool", "toy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Entity):
    sku: str
    name: str
    description: str | None = None
    price: Decimal
    category: ProductCategory | None = None
    stock: int = 0


PRODUCT_LISTS = (Listing(), Listing(("category",)), Listing(("category",), "price"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedLine:
    product_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation(Entity):
    """Stock set aside for an order, whose id it has."""

    lines: tuple[ReservedLine, ...]
    released: bool = False
