"""The items module over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.fields import Body, Boolean, Document, String
from shop.chassis.mechanism.rest import (
    NOT_MODIFIED,
    Caller,
    IdempotencyKey,
    IfMatch,
    ListQuery,
    PageOf,
    set_etag,
)

from . import domain
from .service import ItemsService

router = rest.Router("items", "Items: read by their owner, written by their owner.")
Service = Annotated[ItemsService, rest.inject(ItemsService)]


class ItemIn(Body):
    title: Annotated[String, Field(max_length=100000)]
    done: Boolean = False


class ItemPatch(ItemIn, partial=True):
    """The fields to change."""


class ItemOut(Document):
    id: UUID
    title: str
    done: bool
    created_at: dt.datetime
    updated_at: dt.datetime


class ItemQuery(ListQuery):
    """Newest first."""


@router.get("/items", operation_id="item_list")
async def list_items(
    query: Annotated[ItemQuery, Query()], service: Service, caller: Caller
) -> PageOf[ItemOut]:
    page = await service.list_items(caller, query.of(domain.ITEM_LISTS))
    return PageOf(
        items=[ItemOut.model_validate(item) for item in page.items], next=page.next
    )


@router.post("/items", status_code=201, operation_id="item_create")
async def create_item(
    body: ItemIn,
    service: Service,
    caller: Caller,
    repeat: IdempotencyKey,
    response: Response,
) -> ItemOut:
    created = await service.create_item(caller, body.model_dump(), repeat)
    set_etag(response, created, f"/api/items/{created.id}")
    return ItemOut.model_validate(created)


@router.get("/items/{item_id}", operation_id="item_get", responses=NOT_MODIFIED)
async def get_item(
    item_id: UUID, service: Service, caller: Caller, response: Response
) -> ItemOut:
    found = await service.get_item(caller, item_id)
    set_etag(response, found)
    return ItemOut.model_validate(found)


@router.patch("/items/{item_id}", operation_id="item_update")
async def update_item(
    item_id: UUID,
    body: ItemPatch,
    service: Service,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> ItemOut:
    changes = body.model_dump(exclude_unset=True)
    changed = await service.update_item(caller, item_id, changes, if_match)
    set_etag(response, changed)
    return ItemOut.model_validate(changed)


@router.delete("/items/{item_id}", status_code=204, operation_id="item_delete")
async def delete_item(
    item_id: UUID, service: Service, caller: Caller, if_match: IfMatch
) -> None:
    await service.delete_item(caller, item_id, if_match)
