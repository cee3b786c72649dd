"""The part `accounts` of the system: accounts."""

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

MODULES = ("accounts",)


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    if settings.log_json:
        configure_logs()
    database = Database(settings.database_url, settings.pool_size)
    cache: Cache = MemoryCache()
    if settings.cache_url:
        cache = ValkeyCache(settings.cache_url, "shop:accounts")
    signer = Signer(partial(load_keys, settings.jwt_keys), settings.jwt_issuer, settings.jwt_audience)
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)
    dispatcher = Dispatcher()
    relay = Relay(database, dispatcher.deliver)
    relay.watch(AccountsUnit)

    accounts_units = partial(AccountsUnit, database, cache, relay)
    accounts = AccountsService(accounts_units, signer, Passwords(), Throttle(cache))
    mailer = Mailer(settings.mail_url, settings.mail_from)
    dispatcher.subscribe(AccountsReactions(accounts_units, mailer, settings.site_url).handlers())

    housekeeping = Housekeeping(database, [AccountsUnit])
    app = create_api(
        "shop",
        [accounts_router, well_known],
        [accounts],
        verifier,
        ready={"database": database.ping},
        running=[relay.run, *([housekeeping.run] if settings.background else [])],
        closing=[cache.close, database.close],
    )
    return watched(app, cache, database, relay.depth)
