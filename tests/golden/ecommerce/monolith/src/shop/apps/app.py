"""The monolith: every module in one process.

`uvicorn shop.apps.app:create_app --factory` runs it.
"""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from shop.accounts.api import router as accounts_router
from shop.accounts.api import well_known
from shop.accounts.keys import load_keys
from shop.accounts.mail import Mailer
from shop.accounts.passwords import Passwords
from shop.accounts.reactions import AccountsReactions
from shop.accounts.repository import AccountsUnit
from shop.accounts.service import AccountsService
from shop.accounts.signer import Signer
from shop.accounts.throttle import Throttle
from shop.chassis.cache import Cache, MemoryCache
from shop.chassis.events import Dispatcher
from shop.chassis.housekeeping import Housekeeping
from shop.chassis.http import create_api
from shop.chassis.logs import configure_logs
from shop.chassis.outbox import Relay
from shop.chassis.settings import Settings
from shop.chassis.sql import Database
from shop.chassis.tokens import Verifier
from shop.chassis.valkey import ValkeyCache
from shop.chassis.watched import watched
from shop.inventory.api import router as inventory_router
from shop.inventory.reactions import InventoryReactions
from shop.inventory.repository import InventoryUnit
from shop.inventory.service import InventoryService
from shop.orders.api import router as orders_router
from shop.orders.reactions import OrdersReactions
from shop.orders.repository import OrdersUnit
from shop.orders.service import OrdersService
from shop.payments.api import router as payments_router
from shop.payments.provider import SandboxProvider
from shop.payments.reactions import PaymentsReactions
from shop.payments.repository import PaymentsUnit
from shop.payments.service import PaymentsService

MODULES = ("accounts", "inventory", "orders", "payments")


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    if settings.log_json:
        configure_logs()
    database = Database(settings.database_url, settings.pool_size)
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop")
    signer = Signer(partial(load_keys, settings.jwt_keys), settings.jwt_issuer, settings.jwt_audience)
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)
    dispatcher = Dispatcher()
    relay = Relay(database, dispatcher.deliver)
    relay.watch(AccountsUnit, InventoryUnit, PaymentsUnit, OrdersUnit)

    accounts_units = partial(AccountsUnit, database, cache, relay)
    accounts = AccountsService(accounts_units, signer, Passwords(), Throttle(cache))
    mailer = Mailer(settings.mail_url, settings.mail_from)
    dispatcher.subscribe(AccountsReactions(accounts_units, mailer, settings.site_url).handlers())
    inventory_units = partial(InventoryUnit, database, cache, relay)
    inventory = InventoryService(inventory_units)
    dispatcher.subscribe(InventoryReactions(inventory_units).handlers())
    payments_units = partial(PaymentsUnit, database, cache, relay)
    payments = PaymentsService(payments_units)
    dispatcher.subscribe(PaymentsReactions(payments_units, SandboxProvider()).handlers())
    orders_units = partial(OrdersUnit, database, cache, relay)
    orders = OrdersService(orders_units, inventory)
    dispatcher.subscribe(OrdersReactions(orders_units).handlers())

    housekeeping = Housekeeping(database, [AccountsUnit, InventoryUnit, PaymentsUnit, OrdersUnit])
    app = create_api(
        "shop",
        [inventory_router, payments_router, orders_router, accounts_router, well_known],
        [accounts, inventory, payments, orders],
        verifier,
        ready={"database": database.ping},
        running=[relay.run, *([housekeeping.run] if settings.background else [])],
        closing=[cache.close, database.close],
    )
    return watched(app, cache, database, relay.depth)
