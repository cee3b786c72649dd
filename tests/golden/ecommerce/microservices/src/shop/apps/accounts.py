"""The part `accounts` of the system: accounts."""

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
from shop.apps.event_routes import ROUTES
from shop.apps.settings import Settings
from shop.chassis.background import Background
from shop.chassis.cache import Cache
from shop.chassis.collector import destination
from shop.chassis.context import PartContext
from shop.chassis.event_http import HttpDispatcher
from shop.chassis.event_http import events_router as event_receiver
from shop.chassis.group_commit import GroupCommitDatabase
from shop.chassis.http import create_api
from shop.chassis.logs import configure_logs
from shop.chassis.memory_cache import MemoryCache
from shop.chassis.observability import instrument_app
from shop.chassis.otlp import Telemetry
from shop.chassis.outbox import Relay
from shop.chassis.sql import tables
from shop.chassis.sql_jobs import Jobs
from shop.chassis.supervisor import Supervisor
from shop.chassis.tokens import Verifier
from shop.chassis.valkey import ValkeyCache

MODULES = ("accounts",)


def create_app(
    settings: Settings | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> FastAPI:
    """`transports`: how to reach other parts and other systems, by name, if not over the network."""
    settings = checked(settings or Settings())
    if settings.log_json:
        configure_logs()
    database = GroupCommitDatabase(
        settings.database_url, settings.pool_size, settings.database_pooler
    )
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop:accounts")
    signer = Signer(
        partial(signing_keys, settings), settings.jwt_issuer, settings.jwt_audience
    )
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)
    background = Background()
    dispatcher = HttpDispatcher(background, ROUTES, MODULES, settings, transports)
    relay = Relay(database, dispatcher, tables(MODULES, "outbox"))
    part = PartContext(settings, database, cache, relay, transports or {})

    accounts_service = accounts_wiring.service(part, signer)

    background.add(part, MODULES)
    scheduler = Jobs(database, background.jobs.values(), tables(MODULES, "jobs"))
    scheduled = {"jobs": scheduler.run} if settings.background else {}
    supervisor = Supervisor({"relay": relay.run, **scheduled})
    telemetry = Telemetry(destination(settings), "shop-accounts")
    telemetry.watch(
        cache, database, [relay.metrics, scheduler.metrics, supervisor.metrics]
    )
    app = create_api(
        "shop",
        [
            accounts_router,
            pages,
            well_known,
            event_receiver(background, settings.internal_token),
        ],
        [accounts_service],
        verifier,
        settings,
        ready={"database": database.ping, "background": supervisor.check},
        running=[supervisor.run, telemetry.run],
        closing=[
            *part.closing,
            dispatcher.close,
            cache.close,
            database.close,
            telemetry.close,
        ],
        telemetry=telemetry.config,
    )
    return instrument_app(app)
