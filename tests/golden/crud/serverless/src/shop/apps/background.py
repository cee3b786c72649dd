"""What works behind the requests, as a function of each part: the handlers of its
queue's events, and its jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shop.apps.event_routes import PARTS, ROUTES
from shop.apps.settings import Settings
from shop.chassis.mechanism.background_function import BackgroundFunction, Worker
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_worker import DynamoWorker
from shop.chassis.mechanism.no_cache import NoCache


def create_worker(
    settings: Settings, transports: Mapping[str, Any] | None = None
) -> Worker:
    """Of the part that the settings name.

    `transports`: how to reach other systems, if not over the network.
    """
    modules = PARTS[settings.part]
    database = Database(settings.stack, modules)
    part = PartContext(settings, database, NoCache(), ROUTES, transports or {})
    return DynamoWorker.of("shop", part, modules, settings.dead_letters)


handler = BackgroundFunction(create_worker, Settings)
