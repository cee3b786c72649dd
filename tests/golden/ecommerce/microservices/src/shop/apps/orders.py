"""The part `orders` of the system: orders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.chassis.cache import Cache, MemoryCache
from shop.chassis.client import Client
from shop.chassis.events import Dispatcher
from shop.chassis.housekeeping import Housekeeping
from shop.chassis.http import create_api
from shop.chassis.logs import configure_logs
from shop.chassis.outbox import Relay
from shop.chassis.push import Push, events_router
from shop.chassis.remote import remote_jwks
from shop.chassis.settings import Settings
from shop.chassis.sql import Database
from shop.chassis.tokens import Verifier
from shop.chassis.valkey import ValkeyCache
from shop.chassis.watched import watched
from shop.contracts.inventory_http import InventoryClient
from shop.orders.api import router as orders_router
from shop.orders.reactions import OrdersReactions
from shop.orders.repository import OrdersUnit
from shop.orders.service import OrdersService

MODULES = ("orders",)


def create_app(
    settings: Settings | None = None, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
) -> FastAPI:
    """`transports`: how to reach other parts, if not over the network."""
    settings = settings or Settings()
    if settings.log_json:
        configure_logs()
    database = Database(settings.database_url, settings.pool_size)
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop:orders")
    to_accounts = Client("accounts", settings, transports)
    to_inventory = Client("inventory", settings, transports)
    to_payments = Client("payments", settings, transports)
    verifier = Verifier(remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience)
    dispatcher = Dispatcher()
    push = Push(
        dispatcher.deliver,
        {
            "orders.order.payment_requested": [to_payments],
            "orders.order.placed": [to_inventory],
            "orders.order.rejected": [to_inventory],
        },
    )
    relay = Relay(database, push.deliver)
    relay.watch(OrdersUnit)

    orders_units = partial(OrdersUnit, database, cache, relay)
    orders = OrdersService(orders_units, InventoryClient(to_inventory))
    dispatcher.subscribe(OrdersReactions(orders_units).handlers())

    housekeeping = Housekeeping(database, [OrdersUnit])
    app = create_api(
        "shop",
        [orders_router, events_router(dispatcher, settings.internal_token)],
        [orders],
        verifier,
        ready={"database": database.ping},
        running=[relay.run, *([housekeeping.run] if settings.background else [])],
        closing=[to_accounts.close, to_inventory.close, to_payments.close, cache.close, database.close],
    )
    return watched(app, cache, database, relay.depth)
