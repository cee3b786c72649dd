"""The monolith: every module in one process.

`uvicorn shop.apps.app:create_app --factory` runs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.accounts import wiring as accounts_wiring
from shop.accounts.api import router as accounts_router
from shop.accounts.api import well_known
from shop.accounts.keys import signing_keys
from shop.accounts.pages import pages
from shop.accounts.settings import checked
from shop.accounts.signer import Signer
from shop.apps.settings import Settings
from shop.chassis.mechanism.background import Background
from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.group_commit import GroupCommitDatabase
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.memory_cache import MemoryCache
from shop.chassis.mechanism.metrics import APART, metrics
from shop.chassis.mechanism.observability import instrument_app
from shop.chassis.mechanism.outbox import Relay
from shop.chassis.mechanism.spans import Spans
from shop.chassis.mechanism.sql import tables
from shop.chassis.mechanism.sql_jobs import Jobs
from shop.chassis.mechanism.supervisor import Supervisor
from shop.chassis.mechanism.tokens import Verifier
from shop.chassis.mechanism.traces import traces
from shop.chassis.mechanism.valkey import ValkeyCache
from shop.chassis.policy.errors import describe
from shop.chassis.policy.logs import configure_logs
from shop.inventory import wiring as inventory_wiring
from shop.inventory.api import router as inventory_router
from shop.orders import wiring as orders_wiring
from shop.orders.api import router as orders_router
from shop.payments import wiring as payments_wiring
from shop.payments.api import router as payments_router

MODULES = ("accounts", "inventory", "orders", "payments")


def create_app(
    settings: Settings | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> FastAPI:
    """`transports`: how to reach other systems, by name, if not over the network."""
    settings = checked(settings or Settings())
    if settings.log_json:
        configure_logs()
    database = GroupCommitDatabase(
        settings.database_url, settings.pool_size, settings.database_pooler
    )
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop")
    tracing = Spans()
    signer = Signer(
        partial(signing_keys, settings), settings.jwt_issuer, settings.jwt_audience
    )
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)
    background = Background("shop", tracing)
    relay = Relay(database, background, tables("shop", MODULES, "outbox"), tracing)
    part = PartContext(
        settings, database, cache, relay, transports or {}, tracing=tracing
    )

    accounts_service = accounts_wiring.service(part, signer)
    inventory_service = inventory_wiring.service(part)
    payments_service = payments_wiring.service(part)
    orders_service = orders_wiring.service(part, inventory_service)

    background.add(part, MODULES, {"inventory": inventory_service})
    scheduler = Jobs(
        database, background.jobs.values(), tables("shop", MODULES, "jobs")
    )
    scheduled = {"jobs": scheduler.run} if settings.background else {}
    supervisor = Supervisor({"relay": relay.run, **scheduled})
    app = create_api(
        "shop",
        [
            inventory_router,
            payments_router,
            orders_router,
            accounts_router,
            pages,
            well_known,
        ],
        [accounts_service, inventory_service, payments_service, orders_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping, "background": supervisor.check},
        running=[supervisor.run],
        closing=[*part.closing, cache.close, database.close],
        telemetry=traces(),
    )
    observe = metrics(
        app, cache, database, [relay.metrics, scheduler.metrics, supervisor.metrics]
    )
    return instrument_app(app, observe, APART)
