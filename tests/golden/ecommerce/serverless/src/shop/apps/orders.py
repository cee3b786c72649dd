"""The function of the part `orders` that answers HTTP: orders."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2 as httpx
from fastapi import FastAPI

from shop.apps.event_routes import ROUTES
from shop.apps.settings import Settings
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.http_function import HttpFunction, to_functions
from shop.chassis.mechanism.internal_api import remote_jwks, to_part
from shop.chassis.mechanism.no_cache import NoCache
from shop.chassis.mechanism.remote_tokens import RemoteVerifier
from shop.chassis.policy.errors import describe
from shop.contracts.inventory_http import InventoryClient
from shop.orders import wiring as orders_wiring
from shop.orders.api import router as orders_router


def create_app(
    settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database = Database(settings.stack, ["orders"])
    cache = NoCache()
    transports = transports or to_functions(settings, ["accounts", "inventory"])
    to_accounts = to_part("accounts", settings, transports)
    to_inventory = to_part("inventory", settings, transports)
    verifier = RemoteVerifier(
        remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience
    )
    part = PartContext(settings, database, cache, ROUTES, transports or {})

    orders_service = orders_wiring.service(part, InventoryClient(to_inventory))

    return create_api(
        "shop",
        [orders_router],
        [orders_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping},
        closing=[*part.closing, to_accounts.close, to_inventory.close, database.close],
    )


handler = HttpFunction(create_app, Settings)
