"""The part `inventory` of the system: inventory."""

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
from shop.contracts.inventory_http import inventory_contract
from shop.inventory.api import router as inventory_router
from shop.inventory.reactions import InventoryReactions
from shop.inventory.repository import InventoryUnit
from shop.inventory.service import InventoryService

MODULES = ("inventory",)


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
        cache = ValkeyCache(settings.cache_url, "shop:inventory")
    to_accounts = Client("accounts", settings, transports)
    to_orders = Client("orders", settings, transports)
    verifier = Verifier(remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience)
    dispatcher = Dispatcher()
    push = Push(
        dispatcher.deliver,
        {
            "inventory.stock.refused": [to_orders],
            "inventory.stock.reserved": [to_orders],
        },
    )
    relay = Relay(database, push.deliver)
    relay.watch(InventoryUnit)

    inventory_units = partial(InventoryUnit, database, cache, relay)
    inventory = InventoryService(inventory_units)
    dispatcher.subscribe(InventoryReactions(inventory_units).handlers())

    housekeeping = Housekeeping(database, [InventoryUnit])
    app = create_api(
        "shop",
        [
            inventory_router,
            inventory_contract(inventory, settings.internal_token),
            events_router(dispatcher, settings.internal_token),
        ],
        [inventory],
        verifier,
        ready={"database": database.ping},
        running=[relay.run, *([housekeeping.run] if settings.background else [])],
        closing=[to_accounts.close, to_orders.close, cache.close, database.close],
    )
    return watched(app, cache, database, relay.depth)
