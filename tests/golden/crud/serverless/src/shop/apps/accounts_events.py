"""The function of the part `accounts` that reacts to events: accounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shop.accounts.mail import Mailer
from shop.accounts.reactions import AccountsReactions
from shop.accounts.repository import AccountsUnit
from shop.chassis.dynamodb import Database
from shop.chassis.event_function import EventFunction
from shop.chassis.events import Dispatcher
from shop.chassis.functions import FunctionSettings, NoCache


def create_dispatcher(settings: FunctionSettings, _: Mapping[str, Any] | None = None) -> Dispatcher:
    database, cache = Database(settings.stack, ["accounts"]), NoCache()
    dispatcher = Dispatcher()
    accounts_units = partial(AccountsUnit, database, cache)
    mailer = Mailer(settings.mail_url, settings.mail_from)
    dispatcher.subscribe(AccountsReactions(accounts_units, mailer, settings.site_url).handlers())
    return dispatcher


handler = EventFunction(create_dispatcher)
