"""The function of the part `payments` that answers HTTP: payments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi import FastAPI

from shop.apps.event_routes import ROUTES
from shop.apps.settings import Settings
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.function_transport import to_functions
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.http_function import HttpFunction
from shop.chassis.mechanism.no_cache import NoCache
from shop.chassis.mechanism.peers import remote_jwks, to_keys
from shop.chassis.mechanism.remote_tokens import RemoteVerifier
from shop.chassis.mechanism.request_context import RequestContextMiddleware
from shop.chassis.policy.errors import describe
from shop.payments import wiring as payments_wiring
from shop.payments.api import router as payments_router

if TYPE_CHECKING:
    import httpx2 as httpx


def create_app(
    settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database = Database(settings.stack, ["payments"])
    cache = NoCache()
    transports = transports or to_functions(settings, ["accounts"])
    to_accounts = to_keys("accounts", transports)
    verifier = RemoteVerifier(
        remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience
    )
    part = PartContext(settings, database, cache, ROUTES, transports or {})

    payments_service = payments_wiring.service(part)

    app = create_api(
        "shop",
        [payments_router],
        [payments_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping},
        closing=[*part.closing, to_accounts.close, database.close],
    )
    app.add_middleware(RequestContextMiddleware, seconds=settings.deadline_seconds)
    return app


handler = HttpFunction(create_app, Settings)
