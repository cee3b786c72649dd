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
from shop.chassis.background import Background
from shop.chassis.cache import Cache
from shop.chassis.context import PartContext
from shop.chassis.group_commit import GroupCommitDatabase
from shop.chassis.http import create_api
from shop.chassis.logs import configure_logs
from shop.chassis.memory_cache import MemoryCache
from shop.chassis.metrics import APART, metrics
from shop.chassis.observability import instrument_app
from shop.chassis.outbox import Relay
from shop.chassis.sql import tables
from shop.chassis.sql_jobs import Jobs
from shop.chassis.supervisor import Supervisor
from shop.chassis.tokens import Verifier
from shop.chassis.traces import traces
from shop.chassis.valkey import ValkeyCache
from shop.items import wiring as items_wiring
from shop.items.api import router as items_router

MODULES = ("accounts", "items")


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
    signer = Signer(
        partial(signing_keys, settings), settings.jwt_issuer, settings.jwt_audience
    )
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)
    background = Background()
    relay = Relay(database, background, tables(MODULES, "outbox"))
    part = PartContext(settings, database, cache, relay, transports or {})

    accounts_service = accounts_wiring.service(part, signer)
    items_service = items_wiring.service(part)

    background.add(part, MODULES)
    scheduler = Jobs(database, background.jobs.values(), tables(MODULES, "jobs"))
    scheduled = {"jobs": scheduler.run} if settings.background else {}
    supervisor = Supervisor({"relay": relay.run, **scheduled})
    app = create_api(
        "shop",
        [items_router, accounts_router, pages, well_known],
        [accounts_service, items_service],
        verifier,
        settings,
        ready={"database": database.ping, "background": supervisor.check},
        running=[supervisor.run],
        closing=[*part.closing, cache.close, database.close],
        telemetry=traces(),
    )
    observe = metrics(
        app, cache, database, [relay.metrics, scheduler.metrics, supervisor.metrics]
    )
    return instrument_app(app, observe, APART)
