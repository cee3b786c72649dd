"""PostgreSQL, and SQLite as its embedded twin: one pool for a part, and tables of their own for each module.

A module's tables lie in its own schema (PostgreSQL) or its own file (SQLite), so its `repository.py` and
migrations name no schema, and a module can move to a database of its own.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from .errors import Stale, Unavailable
from .together import Together

log = logging.getLogger(__name__)
RETRY = {"40001", "40P01"}  # SQLSTATE: serialization failure, deadlock
PATIENCE = 2.0  # seconds that a request waits for a connection of the pool, or for a lock
TIMEOUTS = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s"}


class Money(sa.types.TypeDecorator[Decimal]):
    """An exact decimal: NUMERIC, and in SQLite, which has none, an integer of its smallest unit."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        super().__init__(18, scale)
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.BigInteger() if dialect.name == "sqlite" else sa.Numeric(18, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return int(value.scaleb(self.scale)) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return Decimal(value).scaleb(-self.scale) if value is not None and dialect.name == "sqlite" else value


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond; SQLite keeps no zone, so it is put back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value if value.tzinfo else value.replace(tzinfo=UTC))


def line(length: int) -> sa.String:
    """A string that sorts by its code points on every database."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def handled_table(metadata: sa.MetaData) -> sa.Table:
    """Requests and events that the module has dealt with, kept in the transaction that did so."""
    return sa.Table(
        "handled",
        metadata,
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
    )


class Database:
    """One pool of connections. `url`: `postgresql+asyncpg://...`, or `sqlite+aiosqlite:///FOLDER`."""

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self._url = url
        self._embedded = url.startswith("sqlite")
        self._modules: dict[str, AsyncEngine] = {}
        self._reading: dict[tuple[str, str], Together[Any, sa.RowMapping]] = {}
        arguments = {"timeout": PATIENCE, "server_settings": TIMEOUTS}
        bounds = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": PATIENCE, "connect_args": arguments}
        self._pool = None if self._embedded else self._connect(url, **bounds)

    def module(self, name: str) -> AsyncEngine:
        """The engine that sees this module's tables."""
        if name not in self._modules:
            if self._pool is not None:
                self._modules[name] = self._pool.execution_options(schema_translate_map={None: name})
            else:
                folder = self._url.partition(":///")[2]
                Path(folder).mkdir(parents=True, exist_ok=True)
                engine = self._connect(f"sqlite+aiosqlite:///{folder}/{name}.sqlite")
                event.listen(engine.sync_engine, "connect", _prepare_sqlite)
                self._modules[name] = engine
        return self._modules[name]

    def reading(self, module: str, key: sa.Column[Any]) -> Together[Any, sa.RowMapping]:
        """Reads of a module's rows by this column, their key; those of one tick are one query."""
        table = key.table
        if (module, table.name) not in self._reading:
            engine = self.module(module)
            keys: sa.BindParameter[Any] = sa.bindparam("keys", expanding=self._embedded)
            among = key.in_(keys) if self._embedded else key == sa.any_(sa.cast(keys, ARRAY(key.type)))
            query = sa.select(table).where(among)

            async def load(wanted: Sequence[Any]) -> Mapping[Any, sa.RowMapping]:
                async with connected(engine) as connection:
                    rows = (await connection.execute(query, {"keys": list(wanted)})).mappings().all()
                return {row[key.name]: row for row in rows}

            self._reading[module, table.name] = Together(load)
        return self._reading[module, table.name]

    @asynccontextmanager
    async def migrating(self, name: str) -> AsyncIterator[AsyncConnection]:
        """A connection for the module's migrations, its schema made and in front; one migration at a time."""
        async with self.module(name).connect() as connection:
            connection = await connection.execution_options(schema_translate_map=None)
            if not self._embedded:
                await connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # a table may be large
                await connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))  # of another that migrates
                await connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('migrations'))"))
                await connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{name}"'))
                await connection.execute(sa.text(f'SET LOCAL search_path TO "{name}"'))
            yield connection
            await connection.commit()

    async def ping(self) -> None:
        """Asks every engine (Unavailable when one does not answer)."""
        for engine in [self._pool] if self._pool is not None else list(self._modules.values()):
            async with connected(engine) as connection:
                await connection.execute(sa.text("SELECT 1"))

    def connections(self) -> tuple[int, int]:
        """How many connections of the pool are in use, and how many it may have."""
        pool = self._pool.pool if self._pool is not None else None
        return (pool.checkedout(), pool.size()) if isinstance(pool, QueuePool) else (0, 0)

    async def close(self) -> None:
        for engine in [self._pool] if self._pool is not None else list(self._modules.values()):
            await engine.dispose()

    def _connect(self, url: str, **options: Any) -> AsyncEngine:
        return create_async_engine(
            url,
            json_serializer=lambda value: to_json(value).decode(),
            json_deserializer=from_json,
            pool_recycle=300,  # seconds; what lies between may forget a connection that is older
            **options,
        )


@asynccontextmanager
async def connected(engine: AsyncEngine, *, writing: bool = False) -> AsyncIterator[AsyncConnection]:
    """A connection, in a transaction only when writing; a database that is not there is Unavailable."""
    try:
        if writing:
            async with engine.begin() as connection:
                yield connection
        else:
            async with engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout, OSError) as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) in RETRY:
            raise Stale from error
        if isinstance(error, DBAPIError) and not _away(error):
            raise
        log.warning("the database does not answer: %r", error)
        raise Unavailable("The database does not answer") from error


def _away(error: DBAPIError) -> bool:
    """Whether the database is not there, or not now; anything else it says is a defect here."""
    state = getattr(error.orig, "sqlstate", None) or ""
    gone = isinstance(error, OperationalError | InterfaceError) and "no such" not in str(error.orig)
    return gone or error.connection_invalidated or state[:2] in {"08", "53", "55", "57"}


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
