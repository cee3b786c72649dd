"""The function of the part `orders` that answers HTTP: orders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.chassis.client import Client
from shop.chassis.dynamodb import Database
from shop.chassis.functions import FunctionSettings, NoCache
from shop.chassis.http import create_api
from shop.chassis.http_function import HttpFunction, to_functions
from shop.chassis.remote import remote_jwks
from shop.chassis.tokens import Verifier
from shop.contracts.inventory_http import InventoryClient
from shop.orders.api import router as orders_router
from shop.orders.repository import OrdersUnit
from shop.orders.service import OrdersService


def create_app(settings: FunctionSettings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database, cache = Database(settings.stack, ["orders"]), NoCache()
    transports = transports or to_functions(settings, ["accounts", "inventory"])
    to_accounts = Client("accounts", settings, transports)
    to_inventory = Client("inventory", settings, transports)
    verifier = Verifier(remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience)

    orders_units = partial(OrdersUnit, database, cache)
    orders = OrdersService(orders_units, InventoryClient(to_inventory))

    return create_api(
        "shop",
        [orders_router],
        [orders],
        verifier,
        ready={"database": database.ping},
        closing=[to_accounts.close, to_inventory.close, database.close],
    )


handler = HttpFunction(create_app)
