"""How the inventory module is stored: what its rows are found by, and the unit that reads and writes them."""

from __future__ import annotations

from shop.chassis.cache import Cache
from shop.chassis.dynamodb import Database
from shop.chassis.dynamodb_outbox import PublishingDynamoUnit
from shop.chassis.events import Routes
from shop.chassis.store import Codec

from . import domain

PRODUCT = Codec(domain.Product)
RESERVATION = Codec(domain.Reservation)


class InventoryUnit(PublishingDynamoUnit):
    module = "inventory"

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache, routes)
        self.products = self.repository(PRODUCT, "products", lists=domain.PRODUCT_LISTS, unique=("sku",))
        self.reservations = self.repository(RESERVATION, "reservations")
