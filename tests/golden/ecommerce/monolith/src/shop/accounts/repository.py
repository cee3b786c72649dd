"""How accounts are stored: their tables, and the unit of work that reads and writes them."""

from __future__ import annotations

import sqlalchemy as sa

from shop.chassis.cache import Cache
from shop.chassis.sql import Database, UtcDateTime, handled_table
from shop.chassis.sql_unit import SqlUnit
from shop.chassis.store import Codec

from .domain import Account, Session

metadata = sa.MetaData()

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("roles", sa.JSON(), nullable=False),
    sa.UniqueConstraint("email", name="uq_accounts_email"),
)
ACCOUNT = Codec(Account)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.Column("account_id", sa.Uuid(), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Index("ix_sessions_expires_at", "expires_at"),
)
SESSION = Codec(Session)


class AccountsUnit(SqlUnit):
    module, handled = "accounts", handled_table(metadata)

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(database, cache)
        self.accounts = self.repository(ACCOUNT, accounts)
        self.sessions = self.repository(SESSION, sessions)
