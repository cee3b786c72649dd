"""Whoever takes the money. A real provider is another class with this one method."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol
from uuid import UUID


class Provider(Protocol):
    async def capture(self, order_id: UUID, amount: Decimal, method: str) -> bool:
        """Whether the money was taken.

        Asked again for an order, it answers as before and takes no more.
        """


class SandboxProvider:
    """Takes `card_ok`, and declines all else."""

    async def capture(self, order_id: UUID, amount: Decimal, method: str) -> bool:
        return method == "card_ok"
