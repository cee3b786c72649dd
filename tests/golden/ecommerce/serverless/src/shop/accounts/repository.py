"""How accounts are stored: what they are found by, and the unit of work that reads and writes them."""

from __future__ import annotations

from shop.chassis.cache import Cache
from shop.chassis.dynamodb import Database
from shop.chassis.dynamodb_outbox import PublishingDynamoUnit
from shop.chassis.events import Routes
from shop.chassis.store import Codec

from .domain import Account, Link, Session
from .throttle import Counter

ACCOUNT = Codec(Account)
SESSION = Codec(Session)
LINK = Codec(Link)
COUNTER = Codec(Counter)


class AccountsUnit(PublishingDynamoUnit):
    module = "accounts"

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache, routes)
        self.accounts = self.repository(ACCOUNT, "accounts", unique=("email",))
        self.sessions = self.repository(SESSION, "sessions", expiring=True)
        self.links = self.repository(LINK, "links", expiring=True)
        self.counters = self.repository(COUNTER, "counters", expiring=True)
