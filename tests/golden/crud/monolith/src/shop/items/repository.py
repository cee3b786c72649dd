"""How the items module is stored: its tables, and the unit of work that reads and writes them."""

import sqlalchemy as sa

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.persistence import Codec
from shop.chassis.mechanism.sql import (
    Database,
    check_listings,
    entity_columns,
    jobs_table,
    processed_table,
)
from shop.chassis.mechanism.sql_unit_of_work import SqlUnitOfWork

from . import domain

metadata = sa.MetaData()

items = sa.Table(
    "items",
    metadata,
    *entity_columns(),
    sa.Column("owner_id", sa.Uuid(), nullable=True),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("done", sa.Boolean(), nullable=False),
    sa.Index("ix_items_owner_id", "owner_id", "id"),
)
check_listings(items, domain.ITEM_LISTS, by_owner=True)
ITEM_CODEC = Codec(domain.Item)


class ItemsUnitOfWork(SqlUnitOfWork):
    module = "items"
    processed = processed_table(metadata)
    jobs = jobs_table(metadata)

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.items = self.repository(ITEM_CODEC, items)
