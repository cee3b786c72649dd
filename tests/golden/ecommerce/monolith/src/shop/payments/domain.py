"""What the payments module is about, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shop.chassis.mechanism.persistence import Listing
from shop.chassis.policy.entity import Owned

Status = Literal["captured", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Owned):
    """The one attempt to have an order paid."""

    order_id: UUID
    amount: Decimal
    status: Status


PAYMENT_LISTS = (Listing(), Listing(("order_id",)))
