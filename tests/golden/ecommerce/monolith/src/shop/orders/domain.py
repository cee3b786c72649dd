"""What the orders module is about, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shop.chassis.mechanism.persistence import Listing
from shop.chassis.policy.entity import Owned
from shop.chassis.policy.errors import ValidationFailed

Status = Literal["pending", "confirmed", "rejected"]
Reason = Literal["out_of_stock", "payment_declined", "unknown_product"]
MAX_TOTAL = Decimal(10) ** 16


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

    def check_total(self) -> None:
        """(ValidationFailed: no order costs as much.)"""
        if self.total >= MAX_TOTAL:
            raise ValidationFailed("The order is too large", lines="cost too much")


ORDER_LISTS = (Listing(),)
