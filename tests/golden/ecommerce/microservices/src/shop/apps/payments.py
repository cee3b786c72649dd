"""The part `payments` of the system: payments."""

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
from shop.payments.api import router as payments_router
from shop.payments.provider import SandboxProvider
from shop.payments.reactions import PaymentsReactions
from shop.payments.repository import PaymentsUnit
from shop.payments.service import PaymentsService

MODULES = ("payments",)


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
        cache = ValkeyCache(settings.cache_url, "shop:payments")
    to_accounts = Client("accounts", settings, transports)
    to_orders = Client("orders", settings, transports)
    verifier = Verifier(remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience)
    dispatcher = Dispatcher()
    push = Push(
        dispatcher.deliver,
        {
            "payments.payment.captured": [to_orders],
            "payments.payment.declined": [to_orders],
        },
    )
    relay = Relay(database, push.deliver)
    relay.watch(PaymentsUnit)

    payments_units = partial(PaymentsUnit, database, cache, relay)
    payments = PaymentsService(payments_units)
    dispatcher.subscribe(PaymentsReactions(payments_units, SandboxProvider()).handlers())

    housekeeping = Housekeeping(database, [PaymentsUnit])
    app = create_api(
        "shop",
        [payments_router, events_router(dispatcher, settings.internal_token)],
        [payments],
        verifier,
        ready={"database": database.ping},
        running=[relay.run, *([housekeeping.run] if settings.background else [])],
        closing=[to_accounts.close, to_orders.close, cache.close, database.close],
    )
    return watched(app, cache, database, relay.depth)
