"""How payments are stored: their table, and the unit of work that reads and writes it."""

from __future__ import annotations

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
)

from .domain import PAYMENT_LISTS, Payment

metadata = sa.MetaData()

payments = sa.Table(
    "payments",
    metadata,
    *entity_columns(),
    sa.Column("owner_id", sa.Uuid(), nullable=False),
    sa.Column("order_id", sa.Uuid(), nullable=False),
    sa.Column("amount", FixedDecimal(2), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.UniqueConstraint("order_id", name="uq_payments_order_id"),
    sa.Index("ix_payments_owner_id", "owner_id", "id"),
)
check_listings(payments, PAYMENT_LISTS, by_owner=True)
PAYMENT_CODEC = Codec(Payment)


class PaymentsUnitOfWork(PublishingSqlUnitOfWork):
    module = "payments"
    processed = processed_table(metadata)
    jobs = jobs_table(metadata)
    outbox = outbox_table(metadata)

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache, relay)
        self.payments = self.repository(PAYMENT_CODEC, payments)
