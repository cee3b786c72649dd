"""The function of the part `payments` that answers HTTP: payments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.chassis.client import Client
from shop.chassis.dynamodb import Database
from shop.chassis.functions import FunctionSettings, NoCache
from shop.chassis.http import create_api
from shop.chassis.http_function import HttpFunction, to_functions
from shop.chassis.remote import remote_jwks
from shop.chassis.tokens import Verifier
from shop.payments.api import router as payments_router
from shop.payments.repository import PaymentsUnit
from shop.payments.service import PaymentsService


def create_app(settings: FunctionSettings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database, cache = Database(settings.stack, ["payments"]), NoCache()
    transports = transports or to_functions(settings, ["accounts"])
    to_accounts = Client("accounts", settings, transports)
    verifier = Verifier(remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience)

    payments_units = partial(PaymentsUnit, database, cache)
    payments = PaymentsService(payments_units)

    return create_api(
        "shop",
        [payments_router],
        [payments],
        verifier,
        ready={"database": database.ping},
        closing=[to_accounts.close, database.close],
    )


handler = HttpFunction(create_app)
