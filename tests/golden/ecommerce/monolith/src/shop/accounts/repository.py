"""How accounts are stored: their tables, and the unit of work that reads and writes
them.
"""

from __future__ import annotations

import sqlalchemy as sa

from shop.chassis.mechanism.cache import Cache
from shop.chassis.mechanism.outbox import PublishingSqlUnitOfWork, Relay, outbox_table
from shop.chassis.mechanism.persistence import Codec
from shop.chassis.mechanism.sql import (
    Database,
    UtcDateTime,
    entity_columns,
    jobs_table,
    processed_table,
)

from .domain import Account, EmailToken, Session
from .throttle import Counter

metadata = sa.MetaData()

accounts = sa.Table(
    "accounts",
    metadata,
    *entity_columns(),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("roles", sa.JSON(), nullable=False),
    sa.Column("verified", sa.Boolean(), nullable=False),
    sa.Column("sessions_generation", sa.Integer(), nullable=False),
    sa.Column("links_generation", sa.Integer(), nullable=False),
    sa.UniqueConstraint("email", name="uq_accounts_email"),
)
ACCOUNT_CODEC = Codec(Account)

sessions = sa.Table(
    "sessions",
    metadata,
    *entity_columns(),
    sa.Column("account_id", sa.Uuid(), nullable=False),
    sa.Column("generation", sa.Integer(), nullable=False),
    sa.Column("tokens", sa.JSON(), nullable=False),
    sa.Column("scopes", sa.JSON(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Index("ix_sessions_expires_at", "expires_at"),
)
SESSION_CODEC = Codec(Session)

links = sa.Table(
    "links",
    metadata,
    *entity_columns(),
    sa.Column("account_id", sa.Uuid(), nullable=False),
    sa.Column("generation", sa.Integer(), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Index("ix_links_expires_at", "expires_at"),
)
EMAIL_TOKEN_CODEC = Codec(EmailToken)

counters = sa.Table(
    "counters",
    metadata,
    *entity_columns(),
    sa.Column("count", sa.Integer(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Index("ix_counters_expires_at", "expires_at"),
)
COUNTER_CODEC = Codec(Counter)

# for whatever reacts to the end of an account, as nothing does yet
departures = sa.Table(
    "departures",
    metadata,
    *entity_columns(),
    sa.Column("due", UtcDateTime(), nullable=False),
    sa.Index("ix_departures_due", "due", "id"),
)


class AccountsUnitOfWork(PublishingSqlUnitOfWork):
    module = "accounts"
    processed = processed_table(metadata)
    jobs = jobs_table(metadata)
    outbox = outbox_table(metadata)
    expiring = (sessions, links, counters)

    def __init__(self, database: Database, cache: Cache, relay: Relay) -> None:
        super().__init__(database, cache, relay)
        self.accounts = self.repository(ACCOUNT_CODEC, accounts)
        self.sessions = self.repository(SESSION_CODEC, sessions)
        self.links = self.repository(EMAIL_TOKEN_CODEC, links)
        self.counters = self.repository(COUNTER_CODEC, counters)
