"""What others may know of orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from shop.chassis.mechanism.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    product_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(Event):
    """`lines`: one for each product."""

    type: ClassVar[str] = "orders.order.placed"
    order_id: UUID
    lines: tuple[OrderedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequested(Event):
    type: ClassVar[str] = "orders.order.payment_requested"
    order_id: UUID
    customer_id: UUID
    amount: Decimal
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected(Event):
    type: ClassVar[str] = "orders.order.rejected"
    order_id: UUID
