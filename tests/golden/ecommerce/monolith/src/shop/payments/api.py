"""The payments module over HTTP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.fields import Document, Id
from shop.chassis.mechanism.rest import (
    NOT_MODIFIED,
    Caller,
    ListQuery,
    PageOf,
    set_etag,
)

from .domain import PAYMENT_LISTS, Status
from .service import PaymentsService

router = rest.Router(
    "payments", "Payments of the caller's orders, captured or declined."
)
Service = Annotated[PaymentsService, rest.inject(PaymentsService)]


class PaymentOut(Document):
    id: UUID
    order_id: UUID
    amount: Decimal
    status: Status
    created_at: datetime
    updated_at: datetime


class PaymentQuery(ListQuery):
    order_id: Id | None = None


@router.get("/payments", operation_id="payment_list")
async def list_payments(
    query: Annotated[PaymentQuery, Query()], service: Service, caller: Caller
) -> PageOf[PaymentOut]:
    page = await service.list_payments(caller, query.of(PAYMENT_LISTS))
    return PageOf(
        items=[PaymentOut.model_validate(payment) for payment in page.items],
        next=page.next,
    )


@router.get(
    "/payments/{payment_id}", operation_id="payment_get", responses=NOT_MODIFIED
)
async def get_payment(
    payment_id: UUID, service: Service, caller: Caller, response: Response
) -> PaymentOut:
    payment = await service.get_payment(caller, payment_id)
    set_etag(response, payment)
    return PaymentOut.model_validate(payment)
