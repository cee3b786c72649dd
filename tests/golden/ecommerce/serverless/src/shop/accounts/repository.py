"""How accounts are stored: what they are found by, and the unit of work that reads and
writes them.
"""

from __future__ import annotations

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_outbox import PublishingDynamoUnitOfWork
from shop.chassis.mechanism.events import Routes
from shop.chassis.mechanism.persistence import Codec

from .domain import Account, EmailToken, Session
from .throttle import Counter

ACCOUNT_CODEC = Codec(Account)
SESSION_CODEC = Codec(Session)
EMAIL_TOKEN_CODEC = Codec(EmailToken)
COUNTER_CODEC = Codec(Counter)


class AccountsUnitOfWork(PublishingDynamoUnitOfWork):
    module = "accounts"

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache, routes)
        self.accounts = self.repository(ACCOUNT_CODEC, "accounts", unique=("email",))
        self.sessions = self.repository(SESSION_CODEC, "sessions", expiring=True)
        self.links = self.repository(EMAIL_TOKEN_CODEC, "links", expiring=True)
        self.counters = self.repository(COUNTER_CODEC, "counters", expiring=True)
