"""Placing orders, and looking at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from shop.chassis.mechanism.events import PublishingUnitOfWork
from shop.chassis.mechanism.persistence import IdempotencyKey, Page, Query, Repository
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.access import Access, Caller, found_or_404
from shop.chassis.policy.errors import ValidationFailed
from shop.contracts import orders as contract
from shop.contracts.inventory import Inventory

from .domain import Line, Order

ORDER_ACCESS = Access(read="owner", write="user")


class Unit(PublishingUnitOfWork, Protocol):
    @property
    def orders(self) -> Repository[Order]: ...


class OrdersService:
    def __init__(self, units: Callable[[], Unit], inventory: Inventory) -> None:
        self._units = units
        self._inventory = inventory

    async def list_orders(self, caller: Caller, query: Query) -> Page[Order]:
        return await self._units().orders.page(
            replace(query, owner=ORDER_ACCESS.to_list(caller))
        )

    async def get_order(self, caller: Caller, order_id: UUID) -> Order:
        return ORDER_ACCESS.to_read(caller, await self._units().orders.read(order_id))

    @retry_on_conflict
    async def place_order(
        self,
        caller: Caller,
        wanted: Sequence[Mapping[str, Any]],
        payment_method: str,
        repeat: IdempotencyKey | None = None,
    ) -> Order:
        """An order at today's prices (ValidationFailed: a product is not known).

        What becomes of it, events decide.
        """
        ORDER_ACCESS.to_create(caller)
        unit = self._units()
        if (earlier := await unit.repeated(repeat)) is not None:
            placed = found_or_404(await unit.orders.get(earlier))
            return ORDER_ACCESS.to_repeat(
                caller, placed, replace(placed, status="pending", reason=None)
            )
        order = Order(
            owner_id=caller.require_id(),
            lines=await self._lines(wanted),
            payment_method=payment_method,
        )
        order.check_total()
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
            raise ValidationFailed("There is no such product", **unknown)
        return tuple(
            Line(
                product_id=product.id,
                name=product.name,
                unit_price=product.price,
                quantity=line["quantity"],
            )
            for line in wanted
            for product in [products[line["product_id"]]]
        )


def _by_product(order: Order) -> tuple[contract.OrderedLine, ...]:
    quantities: Counter[UUID] = Counter()
    for line in order.lines:
        quantities[line.product_id] += line.quantity
    return tuple(
        contract.OrderedLine(product_id=key, quantity=quantity)
        for key, quantity in quantities.items()
    )
