"""The function of the part `accounts` that answers HTTP: accounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.accounts.api import router as accounts_router
from shop.accounts.api import well_known
from shop.accounts.keys import load_keys, read_keys
from shop.accounts.passwords import Passwords
from shop.accounts.repository import AccountsUnit
from shop.accounts.service import AccountsService
from shop.accounts.signer import Signer
from shop.accounts.throttle import Throttle
from shop.chassis.dynamodb import Database
from shop.chassis.functions import FunctionSettings, NoCache
from shop.chassis.http import create_api
from shop.chassis.http_function import HttpFunction, secret
from shop.chassis.tokens import Verifier


def create_app(settings: FunctionSettings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database, cache = Database(settings.stack, ["accounts"]), NoCache()
    keys = partial(load_keys, settings.jwt_keys)
    if settings.jwt_secret:
        keys = partial(read_keys, secret(settings.jwt_secret))
    signer = Signer(keys, settings.jwt_issuer, settings.jwt_audience)
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)

    accounts_units = partial(AccountsUnit, database, cache)
    accounts = AccountsService(accounts_units, signer, Passwords(), Throttle(cache))

    return create_api(
        "shop",
        [accounts_router, well_known],
        [accounts],
        verifier,
        ready={"database": database.ping},
        closing=[database.close],
    )


handler = HttpFunction(create_app)
