"""The function of the part `items` that answers HTTP: items."""

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
from shop.chassis.policy.errors import describe
from shop.items import wiring as items_wiring
from shop.items.api import router as items_router

if TYPE_CHECKING:
    import httpx2 as httpx


def create_app(
    settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None
) -> FastAPI:
    """`transports`: how to reach the functions of other parts, if not as AWS does."""
    database = Database(settings.stack, ["items"])
    cache = NoCache()
    transports = transports or to_functions(settings, ["accounts"])
    to_accounts = to_keys("accounts", transports)
    verifier = RemoteVerifier(
        remote_jwks(to_accounts), settings.jwt_issuer, settings.jwt_audience
    )
    part = PartContext(settings, database, cache, ROUTES, transports or {})

    items_service = items_wiring.service(part)

    return create_api(
        "shop",
        [items_router],
        [items_service],
        verifier,
        settings,
        describe=describe,
        ready={"database": database.ping},
        closing=[*part.closing, to_accounts.close, database.close],
    )


handler = HttpFunction(create_app, Settings)
