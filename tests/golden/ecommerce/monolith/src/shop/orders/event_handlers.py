"""Event handlers of orders: the stock is set aside or refused, then the payment is
taken or declined.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from shop.chassis.mechanism.background import handles
from shop.chassis.mechanism.events import Event
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.contracts import orders as contract
from shop.contracts.inventory import StockRefused, StockReserved
from shop.contracts.payments import PaymentCaptured, PaymentDeclined

from .domain import Order, Reason, Status
from .service import Unit


class OrdersEventHandlers:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    @handles(StockReserved)
    @retry_on_conflict
    async def stock_reserved(self, event: StockReserved) -> None:
        unit = self._units()
        order = await self._pending(unit, event, event.order_id)
        if order is not None and order.owner_id is not None:
            unit.publish(
                contract.PaymentRequested(
                    order_id=order.id,
                    customer_id=order.owner_id,
                    amount=order.total,
                    method=order.payment_method,
                )
            )
            await unit.commit()

    @handles(StockRefused)
    async def stock_refused(self, event: StockRefused) -> None:
        await self._end(event, event.order_id, "rejected", event.reason)

    @handles(PaymentCaptured)
    async def payment_captured(self, event: PaymentCaptured) -> None:
        await self._end(event, event.order_id, "confirmed")

    @handles(PaymentDeclined)
    async def payment_declined(self, event: PaymentDeclined) -> None:
        await self._end(event, event.order_id, "rejected", "payment_declined")

    @retry_on_conflict
    async def _end(
        self, event: Event, order_id: UUID, status: Status, reason: Reason | None = None
    ) -> None:
        unit = self._units()
        order = await self._pending(unit, event, order_id)
        if order is None:
            return
        after = order.evolve(status=status, reason=reason)
        unit.orders.save(order, after)
        if status == "rejected":
            unit.publish(contract.OrderRejected(order_id=order.id))
        await unit.commit()

    async def _pending(self, unit: Unit, event: Event, order_id: UUID) -> Order | None:
        """The order, while nothing has been decided, if the event was not handled
        before.
        """
        order = await unit.orders.get(order_id)
        return (
            None
            if order is None
            or order.status != "pending"
            or await unit.already_processed(event.id)
            else order
        )
