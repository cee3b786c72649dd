"""The part `orders` of the system: orders."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2 as httpx
from fastapi import FastAPI

from shop.apps.calls import CALLS
from shop.apps.event_routes import PARTS, ROUTES
from shop.apps.settings import Settings
from shop.chassis.mechanism.background import Background
from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.collector import destination
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.event_http import HttpDispatcher
from shop.chassis.mechanism.event_http import events_router as event_receiver
from shop.chassis.mechanism.group_commit import GroupCommitDatabase
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.internal_api import to_part
from shop.chassis.mechanism.memory_cache import MemoryCache
from shop.chassis.mechanism.observability import instrument_app
from shop.chassis.mechanism.otlp import Telemetry
from shop.chassis.mechanism.outbox import Relay
from shop.chassis.mechanism.peers import remote_jwks, to_keys
from shop.chassis.mechanism.remote_tokens import RemoteVerifier
from shop.chassis.mechanism.request_context import RequestContextMiddleware
from shop.chassis.mechanism.service_tokens import ServiceTokens
from shop.chassis.mechanism.sql import tables
from shop.chassis.mechanism.sql_jobs import Jobs
from shop.chassis.mechanism.supervisor import Supervisor
from shop.chassis.mechanism.system import System
from shop.chassis.mechanism.valkey import ValkeyCache
from shop.chassis.policy.errors import describe
from shop.chassis.policy.logs import configure_logs
from shop.contracts.inventory_http import InventoryClient
from shop.orders import wiring as orders_wiring
from shop.orders.api import router as orders_router

MODULES = ("orders",)


def create_app(
    settings: Settings | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> FastAPI:
    """`transports`: how to reach other parts and other systems, by name, if not over the network."""
    settings = settings or Settings()
    if settings.log_json:
        configure_logs()
    database = GroupCommitDatabase(
        settings.database_url, settings.pool_size, settings.database_pooler
    )
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop:orders")
    telemetry = Telemetry(destination(settings), "shop-orders")
    tracing = telemetry.tracing
    system = System(PARTS, transports)
    tokens = ServiceTokens("orders", CALLS, settings)
    to_accounts = to_keys("accounts", transports)
    to_inventory = to_part("inventory", tokens, transports, trace=tracing.headers)
    verifier = RemoteVerifier(
        remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience
    )
    background = Background("shop", tracing)
    dispatcher = HttpDispatcher(
        background, ROUTES, MODULES, tokens, transports, tracing.headers
    )
    relay = Relay(database, dispatcher, tables("shop", MODULES, "outbox"), tracing)
    part = PartContext(
        settings, database, cache, relay, transports or {}, tracing=tracing
    )

    inventory_client = InventoryClient(to_inventory)
    orders_service = orders_wiring.service(part, inventory_client)

    background.add(part, MODULES, {"inventory": inventory_client})
    scheduler = Jobs(
        database, background.jobs.values(), tables("shop", MODULES, "jobs")
    )
    scheduled = {"jobs": scheduler.run} if settings.background else {}
    supervisor = Supervisor({"relay": relay.run, **scheduled})
    telemetry.watch(
        cache, database, [relay.metrics, scheduler.metrics, supervisor.metrics]
    )
    app = create_api(
        "shop",
        [
            orders_router,
            event_receiver(background, tokens, PARTS, ROUTES),
            system.router,
        ],
        [orders_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping, "background": supervisor.check},
        running=[supervisor.run, telemetry.run],
        closing=[
            *part.closing,
            to_accounts.close,
            to_inventory.close,
            system.close,
            dispatcher.close,
            cache.close,
            database.close,
            telemetry.close,
        ],
        telemetry=telemetry.config,
    )
    app.add_middleware(RequestContextMiddleware, seconds=settings.deadline_seconds)
    return instrument_app(app)
