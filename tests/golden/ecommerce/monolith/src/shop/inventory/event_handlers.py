"""Event handlers of the inventory, for orders: they set their stock aside, and put it
back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shop.chassis.mechanism.background import handles
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.contracts import inventory as contract
from shop.contracts.orders import OrderPlaced, OrderRejected

from .domain import Product, Reservation, ReservedLine
from .service import Unit


class InventoryEventHandlers:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    @handles(OrderPlaced)
    @retry_on_conflict
    async def reserve(self, event: OrderPlaced) -> None:
        """Sets aside all that was ordered, or nothing."""
        unit = self._units()
        if await unit.already_processed(event.id):
            return
        found = await asyncio.gather(
            *(unit.products.get(line.product_id) for line in event.lines)
        )
        wanted = [
            (product, line.quantity)
            for product, line in zip(found, event.lines, strict=True)
            if product
        ]
        if len(wanted) < len(found):
            unit.publish(
                contract.StockRefused(order_id=event.order_id, reason="unknown_product")
            )
        elif any(product.stock < quantity for product, quantity in wanted):
            unit.publish(
                contract.StockRefused(order_id=event.order_id, reason="out_of_stock")
            )
        else:
            for product, quantity in wanted:
                self._restock(unit, product, -quantity)
            lines = tuple(
                ReservedLine(product_id=line.product_id, quantity=line.quantity)
                for line in event.lines
            )
            unit.reservations.add(Reservation(id=event.order_id, lines=lines))
            unit.publish(contract.StockReserved(order_id=event.order_id))
        await unit.commit()

    @handles(OrderRejected)
    @retry_on_conflict
    async def release(self, event: OrderRejected) -> None:
        """Puts back what was set aside for the order, once."""
        unit = self._units()
        reservation = await unit.reservations.get(event.order_id)
        if reservation is None or reservation.released:
            return
        for line in reservation.lines:
            product = await unit.products.get(line.product_id)
            if product is not None:  # it may have been deleted meanwhile
                self._restock(unit, product, line.quantity)
        unit.reservations.save(reservation, reservation.evolve(released=True))
        await unit.commit()

    def _restock(self, unit: Unit, product: Product, quantity: int) -> None:
        after = product.evolve(stock=product.stock + quantity)
        unit.products.save(product, after)
