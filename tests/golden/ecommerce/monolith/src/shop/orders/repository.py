"""How orders are stored: their table, and the unit of work that reads and writes it."""

from __future__ import annotations

import sqlalchemy as sa

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.outbox import PublishingSqlUnitOfWork, Relay, outbox_table
from shop.chassis.mechanism.persistence import Codec
from shop.chassis.mechanism.sql import (
    Database,
    check_listings,
    entity_columns,
    jobs_table,
    processed_table,
)

from .domain import ORDER_LISTS, Order

metadata = sa.MetaData()

orders = sa.Table(
    "orders",
    metadata,
    *entity_columns(),
    sa.Column("owner_id", sa.Uuid(), nullable=False),
    sa.Column("lines", sa.JSON(), nullable=False),
    sa.Column("payment_method", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=True),
    sa.Index("ix_orders_owner_id", "owner_id", "id"),
)
check_listings(orders, ORDER_LISTS, by_owner=True)
ORDER_CODEC = Codec(Order)


class OrdersUnitOfWork(PublishingSqlUnitOfWork):
    module = "orders"
    processed = processed_table(metadata)
    jobs = jobs_table(metadata)
    outbox = outbox_table(metadata)

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache, relay)
        self.orders = self.repository(ORDER_CODEC, orders)
