"""Placing orders, and looking at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from shop.chassis.access import Access, Caller, there
from shop.chassis.errors import Invalid
from shop.chassis.events import PublishingUnit
from shop.chassis.retry import retried
from shop.chassis.store import Page, Query, Repeat, Repository
from shop.contracts import orders as contract
from shop.contracts.inventory import Inventory

from .domain import Line, Order

ORDER = Access(read="owner", write="user")
MOST = Decimal(10) ** 16  # no order costs as much


class Unit(PublishingUnit, Protocol):
    @property
    def orders(self) -> Repository[Order]: ...


class OrdersService:
    def __init__(self, units: Callable[[], Unit], inventory: Inventory) -> None:
        self._units = units
        self._inventory = inventory

    async def list_orders(self, caller: Caller, query: Query) -> Page[Order]:
        return await self._units().orders.page(replace(query, owner=ORDER.to_list(caller)))

    async def get_order(self, caller: Caller, order_id: UUID) -> Order:
        return ORDER.to_read(caller, await self._units().orders.read(order_id))

    @retried
    async def place_order(
        self, caller: Caller, wanted: Sequence[Mapping[str, Any]], payment_method: str, repeat: Repeat | None = None
    ) -> Order:
        """An order at today's prices (Invalid: a product is not known). What becomes of it, events decide."""
        ORDER.to_create(caller)
        unit = self._units()
        if (earlier := await unit.repeated(repeat)) is not None:
            placed = there(await unit.orders.get(earlier))
            return ORDER.to_repeat(caller, placed, replace(placed, status="pending", reason=None))
        order = Order(owner_id=caller.known(), lines=await self._lines(wanted), payment_method=payment_method)
        if order.total >= MOST:
            raise Invalid("The order is too large", lines="cost too much")
        unit.orders.add(order)
        unit.publish(contract.OrderPlaced(order_id=order.id, lines=_by_product(order)))
        unit.remember(repeat, order.id)
        await unit.commit()
        return order

    async def _lines(self, wanted: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
        found = await self._inventory.products([line["product_id"] for line in wanted])
        products = {product.id: product for product in found}
        unknown = {
            f"lines.{i}.product_id": "unknown_product"
            for i, line in enumerate(wanted)
            if line["product_id"] not in products
        }
        if unknown:
            raise Invalid("There is no such product", **unknown)
        return tuple(
            Line(product_id=product.id, name=product.name, unit_price=product.price, quantity=line["quantity"])
            for line in wanted
            for product in [products[line["product_id"]]]
        )


def _by_product(order: Order) -> tuple[contract.OrderedLine, ...]:
    quantities: Counter[UUID] = Counter()
    for line in order.lines:
        quantities[line.product_id] += line.quantity
    return tuple(contract.OrderedLine(product_id=key, quantity=quantity) for key, quantity in quantities.items())
