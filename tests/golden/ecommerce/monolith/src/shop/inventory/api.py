"""The inventory module over HTTP."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.fields import (
    Body,
    DecimalInput,
    DecimalString,
    Document,
    Integer,
    String,
    fixed_scale,
)
from shop.chassis.mechanism.rest import (
    NOT_MODIFIED,
    Caller,
    IdempotencyKey,
    IfMatch,
    ListQuery,
    OptionalCaller,
    PageOf,
    set_etag,
)

from . import domain
from .service import InventoryService

router = rest.Router("inventory", "Products: read by anyone, written by staff.")
Service = Annotated[InventoryService, rest.inject(InventoryService)]


class ProductIn(Body):
    sku: Annotated[String, Field(min_length=1, max_length=40)]
    name: Annotated[String, Field(max_length=200)]
    description: Annotated[String, Field(max_length=100000)] | None = None
    price: Annotated[
        DecimalInput,
        Field(ge=Decimal("0.00"), max_digits=18, decimal_places=2),
        fixed_scale(2),
    ]
    category: domain.ProductCategory | None = None
    stock: Annotated[Integer, Field(ge=0)] = 0


class ProductPatch(ProductIn, partial=True):
    """The fields to change."""


class ProductOut(Document):
    id: UUID
    sku: str
    name: str
    description: str | None
    price: DecimalString
    category: domain.ProductCategory | None
    stock: int
    created_at: dt.datetime
    updated_at: dt.datetime


class ProductQuery(ListQuery):
    category: domain.ProductCategory | None = None
    sort: Literal["-price"] | None = None


@router.get("/products", operation_id="product_list")
async def list_products(
    query: Annotated[ProductQuery, Query()], service: Service, caller: OptionalCaller
) -> PageOf[ProductOut]:
    page = await service.list_products(caller, query.of(domain.PRODUCT_LISTS))
    return PageOf(
        items=[ProductOut.model_validate(item) for item in page.items], next=page.next
    )


@router.post("/products", status_code=201, operation_id="product_create")
async def create_product(
    body: ProductIn,
    service: Service,
    caller: Caller,
    repeat: IdempotencyKey,
    response: Response,
) -> ProductOut:
    created = await service.create_product(caller, body.model_dump(), repeat)
    set_etag(response, created, f"/api/products/{created.id}")
    return ProductOut.model_validate(created)


@router.get(
    "/products/{product_id}", operation_id="product_get", responses=NOT_MODIFIED
)
async def get_product(
    product_id: UUID, service: Service, caller: OptionalCaller, response: Response
) -> ProductOut:
    found = await service.get_product(caller, product_id)
    set_etag(response, found)
    return ProductOut.model_validate(found)


@router.patch("/products/{product_id}", operation_id="product_update")
async def update_product(
    product_id: UUID,
    body: ProductPatch,
    service: Service,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> ProductOut:
    changes = body.model_dump(exclude_unset=True)
    changed = await service.update_product(caller, product_id, changes, if_match)
    set_etag(response, changed)
    return ProductOut.model_validate(changed)


@router.delete("/products/{product_id}", status_code=204, operation_id="product_delete")
async def delete_product(
    product_id: UUID, service: Service, caller: Caller, if_match: IfMatch
) -> None:
    await service.delete_product(caller, product_id, if_match)
