"""Event handlers of payments: the payment of an order is taken, once."""

from __future__ import annotations

from collections.abc import Callable

from shop.chassis.mechanism.background import handles
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.contracts import payments as contract
from shop.contracts.orders import PaymentRequested

from .domain import Payment
from .provider import Provider
from .service import Unit


class PaymentsEventHandlers:
    def __init__(self, units: Callable[[], Unit], provider: Provider) -> None:
        self._units = units
        self._provider = provider

    @handles(PaymentRequested)
    @retry_on_conflict
    async def take(self, event: PaymentRequested) -> None:
        unit = self._units()
        if await unit.already_processed(event.id):
            return
        captured = await self._provider.capture(
            event.order_id, event.amount, event.method
        )
        payment = Payment(
            owner_id=event.customer_id,
            order_id=event.order_id,
            amount=event.amount,
            status="captured" if captured else "declined",
        )
        unit.payments.add(payment)
        outcome = contract.PaymentCaptured if captured else contract.PaymentDeclined
        unit.publish(outcome(order_id=event.order_id))
        await unit.commit()
