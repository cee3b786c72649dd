"""How the inventory module is stored: its tables, and the unit of work that reads and writes them."""

from __future__ import annotations

import sqlalchemy as sa

from shop.chassis.cache import Cache
from shop.chassis.outbox import PublishingSqlUnit, Relay, outbox_table
from shop.chassis.sql import Database, Money, UtcDateTime, check_listings, handled_table, jobs_table, line
from shop.chassis.store import Codec

from . import domain

metadata = sa.MetaData()

products = sa.Table(
    "products",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("sku", line(40), nullable=False),
    sa.Column("name", line(200), nullable=False),
    sa.Column("description", sa.Text(), nullable=True),
    sa.Column("price", Money(2), nullable=False),
    sa.Column("category", line(64), nullable=True),
    sa.Column("stock", sa.BigInteger(), nullable=False),
    sa.UniqueConstraint("sku", name="uq_products_sku"),
    sa.Index("ix_products_category", "category", "id"),
    sa.Index("ix_products_category_price", "category", "price", "id"),
)
check_listings(products, domain.PRODUCT_LISTS)
PRODUCT = Codec(domain.Product)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("lines", sa.JSON(), nullable=False),
    sa.Column("released", sa.Boolean(), nullable=False),
)
RESERVATION = Codec(domain.Reservation)


class InventoryUnit(PublishingSqlUnit):
    module, handled, jobs, outbox = "inventory", handled_table(metadata), jobs_table(metadata), outbox_table(metadata)

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache, relay)
        self.products = self.repository(PRODUCT, products)
        self.reservations = self.repository(RESERVATION, reservations)
