"""What others may know of payments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shop.chassis.mechanism.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(Event):
    type: ClassVar[str] = "payments.payment.captured"
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(Event):
    type: ClassVar[str] = "payments.payment.declined"
    order_id: UUID
