"""How the items module is stored: what its rows are found by, and the unit that reads and writes them."""

from __future__ import annotations

from shop.chassis.cache import Cache
from shop.chassis.dynamodb import Database
from shop.chassis.dynamodb_unit import DynamoUnit
from shop.chassis.store import Codec

from . import domain

ITEM = Codec(domain.Item)


class ItemsUnit(DynamoUnit):
    module = "items"

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.items = self.repository(ITEM, "items", lists=domain.ITEM_LISTS, by_owner=True)
