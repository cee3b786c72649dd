"""The root of `make dev`, and of the tests: the same monolith on SQLite, ready as soon as it answers."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from shop.apps import app
from shop.apps.migrate import prepare
from shop.chassis.dev import prepared, serve
from shop.chassis.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    return prepared(app.create_app(settings), partial(prepare, "app", settings))


if __name__ == "__main__":
    serve("shop.apps.dev:create_app", Settings().dev_port)
