"""How accounts are stored: what they are found by, and the unit of work that reads and writes them."""

from __future__ import annotations

from shop.chassis.cache import Cache
from shop.chassis.dynamodb import Database
from shop.chassis.dynamodb_unit import DynamoUnit
from shop.chassis.store import Codec

from .domain import Account, Session

ACCOUNT = Codec(Account)
SESSION = Codec(Session)


class AccountsUnit(DynamoUnit):
    module = "accounts"

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.accounts = self.repository(ACCOUNT, "accounts", unique=("email",))
        self.sessions = self.repository(SESSION, "sessions")
