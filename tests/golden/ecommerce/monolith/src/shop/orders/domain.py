"""What the orders module is about, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shop.chassis.mechanism.persistence import Listing
from shop.chassis.policy.entity import Owned

Status = Literal["pending", "confirmed", "rejected"]
Reason = Literal["out_of_stock", "payment_declined", "unknown_product"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was ordered, as it was then."""

    product_id: UUID
    name: str
    unit_price: Decimal
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Owned):
    """Pending until its stock is set aside and its payment taken; then confirmed, or
    rejected for a reason.
    """

    lines: tuple[Line, ...]
    payment_method: str
    status: Status = "pending"
    reason: Reason | None = None

    @property
    def total(self) -> Decimal:
        return sum(
            (line.unit_price * line.quantity for line in self.lines), Decimal("0.00")
        )


ORDER_LISTS = (Listing(),)
