"""The function of the part `payments` that reacts to events: payments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shop.chassis.dynamodb import Database
from shop.chassis.event_function import EventFunction
from shop.chassis.events import Dispatcher
from shop.chassis.functions import FunctionSettings, NoCache
from shop.payments.provider import SandboxProvider
from shop.payments.reactions import PaymentsReactions
from shop.payments.repository import PaymentsUnit


def create_dispatcher(settings: FunctionSettings, _: Mapping[str, Any] | None = None) -> Dispatcher:
    database, cache = Database(settings.stack, ["payments"]), NoCache()
    dispatcher = Dispatcher()
    payments_units = partial(PaymentsUnit, database, cache)
    dispatcher.subscribe(PaymentsReactions(payments_units, SandboxProvider()).handlers())
    return dispatcher


handler = EventFunction(create_dispatcher)
