"""The root of `make dev`, and of the tests: the same monolith on SQLite, ready as soon as it answers."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from shop.apps import app as root
from shop.apps.migrate import prepare
from shop.chassis.settings import Settings
from shop.local.dev import prepared


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    return prepared(root.create_app(settings), partial(prepare, "app", settings))
