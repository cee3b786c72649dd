"""How the items module is stored: what its rows are found by, and the unit that reads and writes them."""

from __future__ import annotations

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_unit_of_work import DynamoUnitOfWork
from shop.chassis.mechanism.persistence import Codec

from . import domain

ITEM_CODEC = Codec(domain.Item)


class ItemsUnitOfWork(DynamoUnitOfWork):
    module = "items"

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.items = self.repository(
            ITEM_CODEC, "items", lists=domain.ITEM_LISTS, by_owner=True
        )
