"""The function of the part `orders` that answers HTTP: orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi import FastAPI

from shop.apps.calls import CALLS
from shop.apps.event_routes import ROUTES
from shop.apps.settings import Settings
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.function_transport import to_functions
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.http_function import HttpFunction
from shop.chassis.mechanism.internal_api import to_part
from shop.chassis.mechanism.no_cache import NoCache
from shop.chassis.mechanism.peers import remote_jwks, to_keys
from shop.chassis.mechanism.remote_tokens import RemoteVerifier
from shop.chassis.mechanism.request_context import RequestContextMiddleware
from shop.chassis.mechanism.service_tokens import ServiceTokens
from shop.chassis.policy.errors import describe
from shop.contracts.inventory_http import InventoryClient
from shop.orders import wiring as orders_wiring
from shop.orders.api import router as orders_router

if TYPE_CHECKING:
    import httpx2 as httpx


def create_app(
    settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database = Database(settings.stack, ["orders"])
    cache = NoCache()
    transports = transports or to_functions(settings, ["accounts", "inventory"])
    tokens = ServiceTokens("orders", CALLS, settings)
    to_accounts = to_keys("accounts", transports)
    to_inventory = to_part("inventory", tokens, transports)
    verifier = RemoteVerifier(
        remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience
    )
    part = PartContext(settings, database, cache, ROUTES, transports or {})

    inventory_client = InventoryClient(to_inventory)
    orders_service = orders_wiring.service(part, inventory_client)

    app = create_api(
        "shop",
        [orders_router],
        [orders_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping},
        closing=[*part.closing, to_accounts.close, to_inventory.close, database.close],
    )
    app.add_middleware(RequestContextMiddleware, seconds=settings.deadline_seconds)
    return app


handler = HttpFunction(create_app, Settings)
