"""How the items module is stored: its tables, and the unit of work that reads and writes them."""

import sqlalchemy as sa

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.persistence import Codec
from shop.chassis.mechanism.sql import (
    Database,
    UtcDateTime,
    check_listings,
    jobs_table,
    processed_table,
)
from shop.chassis.mechanism.sql_unit_of_work import SqlUnitOfWork

from . import domain

metadata = sa.MetaData()

items = sa.Table(
    "items",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("owner_id", sa.Uuid(), nullable=True),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("done", sa.Boolean(), nullable=False),
    sa.Index("ix_items_owner_id", "owner_id", "id"),
)
check_listings(items, domain.ITEM_LISTS, by_owner=True)
ITEM_CODEC = Codec(domain.Item)


class ItemsUnitOfWork(SqlUnitOfWork):
    module, processed, jobs = "items", processed_table(metadata), jobs_table(metadata)

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.items = self.repository(ITEM_CODEC, items)
