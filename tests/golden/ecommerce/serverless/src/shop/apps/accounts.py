"""The function of the part `accounts` that answers HTTP: accounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

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
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.http_function import HttpFunction
from shop.chassis.mechanism.no_cache import NoCache
from shop.chassis.mechanism.request_context import RequestContextMiddleware
from shop.chassis.mechanism.tokens import Verifier
from shop.chassis.policy.errors import describe

if TYPE_CHECKING:
    import httpx2 as httpx


def create_app(
    settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    settings = checked(settings)
    database = Database(settings.stack, ["accounts"])
    cache = NoCache()
    signer = Signer(
        partial(signing_keys, settings), settings.jwt_issuer, settings.jwt_audience
    )
    verifier = Verifier(signer.jwks, settings.jwt_issuer, settings.jwt_audience)
    part = PartContext(settings, database, cache, ROUTES, transports or {})

    accounts_service = accounts_wiring.service(part, signer)

    app = create_api(
        "shop",
        [accounts_router, pages, well_known],
        [accounts_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping},
        closing=[*part.closing, database.close],
    )
    app.add_middleware(RequestContextMiddleware, seconds=settings.deadline_seconds)
    return app


handler = HttpFunction(create_app, Settings)
