"""The inventory's contract over HTTP: the client that other parts use, and the router
that answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter

from shop.chassis.mechanism.client import Client
from shop.chassis.mechanism.internal_api import internal_router
from shop.chassis.mechanism.service_tokens import ServiceTokens

from .inventory import Inventory, ProductView

IDS = TypeAdapter(list[UUID])
VIEWS = TypeAdapter(list[ProductView])


class InventoryClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def products(self, product_ids: Sequence[UUID]) -> list[ProductView]:
        ids = IDS.dump_json(list(product_ids))
        return VIEWS.validate_json(
            await self._client.call("POST", "/internal/inventory/products", ids)
        )


def inventory_contract(inventory: Inventory, tokens: ServiceTokens) -> APIRouter:
    router = internal_router("inventory", tokens)

    @router.post("/products")
    async def products(product_ids: list[UUID]) -> list[ProductView]:
        return await inventory.products(product_ids)

    return router
