"""How accounts are stored: what they are found by, and the unit of work that reads and writes them."""

from __future__ import annotations

from shop.chassis.cache import Cache
from shop.chassis.dynamodb import Database
from shop.chassis.dynamodb_outbox import PublishingDynamoUnit
from shop.chassis.store import Codec

from .domain import Account, Link, Session

ACCOUNT = Codec(Account)
SESSION = Codec(Session)
LINK = Codec(Link)


class AccountsUnit(PublishingDynamoUnit):
    module = "accounts"

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.accounts = self.repository(ACCOUNT, "accounts", unique=("email",))
        self.sessions = self.repository(SESSION, "sessions", expiring=True)
        self.links = self.repository(LINK, "links", expiring=True)
