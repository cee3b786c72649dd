"""The orders module over HTTP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.fields import Body, Document, Id, Integer, String
from shop.chassis.mechanism.rest import (
    NOT_MODIFIED,
    Caller,
    IdempotencyKey,
    ListQuery,
    PageOf,
    set_etag,
)

from .domain import ORDER_LISTS, Reason, Status
from .service import OrdersService

router = rest.Router(
    "orders", "Orders of the caller: placed, then confirmed or rejected soon after."
)
Service = Annotated[OrdersService, rest.inject(OrdersService)]


class LineIn(Body):
    product_id: Id
    quantity: Annotated[Integer, Field(ge=1, le=1000)]


class OrderIn(Body):
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=40)]
    payment_method: Annotated[
        String,
        Field(
            min_length=1,
            max_length=64,
            description="What the payment provider takes. Its sandbox takes `card_ok` and declines everything else",
            examples=["card_ok", "card_declined"],
        ),
    ]


class LineOut(Document):
    product_id: UUID
    name: str
    unit_price: Decimal
    quantity: int


class OrderOut(Document):
    id: UUID
    status: Status
    reason: Reason | None
    lines: list[LineOut]
    total: Decimal
    payment_method: str
    created_at: datetime
    updated_at: datetime


class OrderQuery(ListQuery):
    """Newest first."""


@router.get("/orders", operation_id="order_list")
async def list_orders(
    query: Annotated[OrderQuery, Query()], service: Service, caller: Caller
) -> PageOf[OrderOut]:
    page = await service.list_orders(caller, query.of(ORDER_LISTS))
    return PageOf(
        items=[OrderOut.model_validate(order) for order in page.items], next=page.next
    )


@router.post("/orders", status_code=201, operation_id="order_create")
async def place_order(
    body: OrderIn,
    service: Service,
    caller: Caller,
    repeat: IdempotencyKey,
    response: Response,
) -> OrderOut:
    lines = [line.model_dump() for line in body.lines]
    order = await service.place_order(caller, lines, body.payment_method, repeat)
    set_etag(response, order, f"/api/orders/{order.id}")
    return OrderOut.model_validate(order)


@router.get("/orders/{order_id}", operation_id="order_get", responses=NOT_MODIFIED)
async def get_order(
    order_id: UUID, service: Service, caller: Caller, response: Response
) -> OrderOut:
    order = await service.get_order(caller, order_id)
    set_etag(response, order)
    return OrderOut.model_validate(order)
