"""How payments are stored: what they are found by, and the unit of work that reads and
writes them.
"""

from __future__ import annotations

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_outbox import PublishingDynamoUnitOfWork
from shop.chassis.mechanism.events import Routes
from shop.chassis.mechanism.persistence import Codec

from .domain import PAYMENT_LISTS, Payment

PAYMENT_CODEC = Codec(Payment)


class PaymentsUnitOfWork(PublishingDynamoUnitOfWork):
    module = "payments"

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache, routes)
        self.payments = self.repository(
            PAYMENT_CODEC,
            "payments",
            lists=PAYMENT_LISTS,
            by_owner=True,
            unique=("order_id",),
        )
