"""How orders are stored: what they are found by, and the unit of work that reads and
writes them.
"""

from __future__ import annotations

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_outbox import PublishingDynamoUnitOfWork
from shop.chassis.mechanism.events import Routes
from shop.chassis.mechanism.persistence import Codec

from .domain import ORDER_LISTS, Order

ORDER_CODEC = Codec(Order)


class OrdersUnitOfWork(PublishingDynamoUnitOfWork):
    module = "orders"

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache, routes)
        self.orders = self.repository(
            ORDER_CODEC, "orders", lists=ORDER_LISTS, by_owner=True
        )
