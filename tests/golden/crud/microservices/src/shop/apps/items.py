"""The part `items` of the system: items."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.chassis.cache import Cache, MemoryCache
from shop.chassis.client import Client
from shop.chassis.housekeeping import Housekeeping
from shop.chassis.http import create_api
from shop.chassis.logs import configure_logs
from shop.chassis.remote import remote_jwks
from shop.chassis.settings import Settings
from shop.chassis.sql import Database
from shop.chassis.tokens import Verifier
from shop.chassis.valkey import ValkeyCache
from shop.chassis.watched import watched
from shop.items.api import router as items_router
from shop.items.repository import ItemsUnit
from shop.items.service import ItemsService

MODULES = ("items",)


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
        cache = ValkeyCache(settings.cache_url, "shop:items")
    to_accounts = Client("accounts", settings, transports)
    verifier = Verifier(remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience)

    items_units = partial(ItemsUnit, database, cache)
    items = ItemsService(items_units)

    housekeeping = Housekeeping(database, [ItemsUnit])
    app = create_api(
        "shop",
        [items_router],
        [items],
        verifier,
        ready={"database": database.ping},
        running=[*([housekeeping.run] if settings.background else [])],
        closing=[to_accounts.close, cache.close, database.close],
    )
    return watched(app, cache, database)
