"""The function of the part `orders` that reacts to events: orders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shop.chassis.dynamodb import Database
from shop.chassis.event_function import EventFunction
from shop.chassis.events import Dispatcher
from shop.chassis.functions import FunctionSettings, NoCache
from shop.orders.reactions import OrdersReactions
from shop.orders.repository import OrdersUnit


def create_dispatcher(settings: FunctionSettings, _: Mapping[str, Any] | None = None) -> Dispatcher:
    database, cache = Database(settings.stack, ["orders"]), NoCache()
    dispatcher = Dispatcher()
    orders_units = partial(OrdersUnit, database, cache)
    dispatcher.subscribe(OrdersReactions(orders_units).handlers())
    return dispatcher


handler = EventFunction(create_dispatcher)
