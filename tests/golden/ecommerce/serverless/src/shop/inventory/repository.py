"""How the inventory module is stored: what its rows are found by, and the unit that reads and writes them."""

from __future__ import annotations

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_outbox import PublishingDynamoUnitOfWork
from shop.chassis.mechanism.events import Routes
from shop.chassis.mechanism.persistence import Codec

from . import domain

PRODUCT_CODEC = Codec(domain.Product)
RESERVATION_CODEC = Codec(domain.Reservation)


class InventoryUnitOfWork(PublishingDynamoUnitOfWork):
    module = "inventory"

    def __init__(self, database: Database, cache: Cache, routes: Routes) -> None:
        super().__init__(database, cache, routes)
        self.products = self.repository(
            PRODUCT_CODEC, "products", lists=domain.PRODUCT_LISTS, unique=("sku",)
        )
        self.reservations = self.repository(RESERVATION_CODEC, "reservations")
