"""How the inventory module is stored: its tables, and the unit of work that reads and writes them."""

import sqlalchemy as sa

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.outbox import PublishingSqlUnitOfWork, Relay, outbox_table
from shop.chassis.mechanism.persistence import Codec
from shop.chassis.mechanism.sql import (
    Database,
    FixedDecimal,
    check_listings,
    entity_columns,
    jobs_table,
    processed_table,
    sortable_string,
)

from . import domain

metadata = sa.MetaData()

products = sa.Table(
    "products",
    metadata,
    *entity_columns(),
    sa.Column("sku", sortable_string(40), nullable=False),
    sa.Column("name", sortable_string(200), nullable=False),
    sa.Column("description", sa.Text(), nullable=True),
    sa.Column("price", FixedDecimal(2), nullable=False),
    sa.Column("category", sortable_string(64), nullable=True),
    sa.Column("stock", sa.BigInteger(), nullable=False),
    sa.UniqueConstraint("sku", name="uq_products_sku"),
    sa.Index("ix_products_category", "category", "id"),
    sa.Index("ix_products_category_price", "category", "price", "id"),
)
check_listings(products, domain.PRODUCT_LISTS)
PRODUCT_CODEC = Codec(domain.Product)

reservations = sa.Table(
    "reservations",
    metadata,
    *entity_columns(),
    sa.Column("lines", sa.JSON(), nullable=False),
    sa.Column("released", sa.Boolean(), nullable=False),
)
RESERVATION_CODEC = Codec(domain.Reservation)


class InventoryUnitOfWork(PublishingSqlUnitOfWork):
    module = "inventory"
    processed = processed_table(metadata)
    jobs = jobs_table(metadata)
    outbox = outbox_table(metadata)

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache, relay)
        self.products = self.repository(PRODUCT_CODEC, products)
        self.reservations = self.repository(RESERVATION_CODEC, reservations)
