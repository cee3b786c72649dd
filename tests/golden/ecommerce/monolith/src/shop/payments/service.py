"""Looking at payments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from shop.chassis.mechanism.events import PublishingUnitOfWork
from shop.chassis.mechanism.persistence import Page, Query, Repository
from shop.chassis.policy.access import Access, Caller

from .domain import Payment

PAYMENT_ACCESS = Access(read="owner", write="staff")


class Unit(PublishingUnitOfWork, Protocol):
    @property
    def payments(self) -> Repository[Payment]: ...


class PaymentsService:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    async def list_payments(self, caller: Caller, query: Query) -> Page[Payment]:
        return await self._units().payments.page(
            replace(query, owner=PAYMENT_ACCESS.to_list(caller))
        )

    async def get_payment(self, caller: Caller, payment_id: UUID) -> Payment:
        return PAYMENT_ACCESS.to_read(
            caller, await self._units().payments.read(payment_id)
        )
