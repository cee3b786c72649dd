"""The function of the part `inventory` that reacts to events: inventory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shop.chassis.dynamodb import Database
from shop.chassis.event_function import EventFunction
from shop.chassis.events import Dispatcher
from shop.chassis.functions import FunctionSettings, NoCache
from shop.inventory.reactions import InventoryReactions
from shop.inventory.repository import InventoryUnit


def create_dispatcher(settings: FunctionSettings, _: Mapping[str, Any] | None = None) -> Dispatcher:
    database, cache = Database(settings.stack, ["inventory"]), NoCache()
    dispatcher = Dispatcher()
    inventory_units = partial(InventoryUnit, database, cache)
    dispatcher.subscribe(InventoryReactions(inventory_units).handlers())
    return dispatcher


handler = EventFunction(create_dispatcher)
