"""The root of `make dev`, and of the tests: the same monolith on SQLite, ready as soon
as it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import httpx2 as httpx
from fastapi import FastAPI

from shop.apps import app as root
from shop.apps.migrate import prepare
from shop.apps.settings import Settings
from shop.local.dev import prepared
from shop.local.staff import announce_staff


def create_app(
    settings: Settings | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> FastAPI:
    """`transports`: how to reach other systems, by name, if not over the network."""
    settings = settings or Settings()
    announce_staff(settings)
    return prepared(
        root.create_app(settings, transports), partial(prepare, "app", settings)
    )
