"""Connection pool and column types for PostgreSQL, and for SQLite as its embedded twin.

A module's tables lie in its own schema (PostgreSQL) or its own file (SQLite), so its
`repository.py` and migrations name no schema, and a module can move to a database of
its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .persistence import Listing
from .sql_connection import Write, commit, connected, load
from .sql_url import Address
from .stored_names import stored_name

# seconds that a request waits for a connection of the pool, or for a lock
CONNECT_TIMEOUT = 2.0
SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    # where a day begins, as on SQLite
    "timezone": "UTC",
}
# what a connection to SQLite begins with
SQLITE = {
    "foreign_keys": "ON",
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "busy_timeout": "5000",
}


class FixedDecimal(sa.types.TypeDecorator[Decimal]):
    """An exact decimal: NUMERIC, and in SQLite, which has none, an integer of its
    smallest unit.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, scale: int = 2, digits: int = 18) -> None:
        super().__init__(digits, scale)
        self.scale = scale
        self.digits = digits

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.Numeric(self.digits, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return int(value.scaleb(self.scale))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None or dialect.name != "sqlite":
            return value  # type: ignore[no-any-return]
        return Decimal(value).scaleb(-self.scale)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond; SQLite keeps no zone, so it is put back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class ZonedDateTime(sa.types.TypeDecorator[datetime]):
    """A moment and the offset in which it was said, as text that sorts by the moment:
    `2024-05-01T10:00:00.000000+02:00` is noon of a clock two hours ahead of UTC.
    """

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(sa.String(32, collation=collation))

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> str | None:
        if value is None:
            return None
        moment = value.astimezone(UTC).replace(tzinfo=None)
        return moment.isoformat(timespec="microseconds") + value.isoformat()[-6:]

    def process_result_value(
        self, value: str | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        moment = datetime.fromisoformat(value[:-6] + "+00:00")
        return moment.astimezone(datetime.strptime(value[-6:], "%z").tzinfo)


class Duration(sa.types.TypeDecorator[timedelta]):
    """A duration, as its microseconds, so that it sorts."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(
        self, value: timedelta | None, dialect: Dialect
    ) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(
        self, value: int | None, dialect: Dialect
    ) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


def sortable_string(length: int) -> sa.String:
    """A string that sorts by its code points on every database."""
    return sa.String(length).with_variant(
        sa.String(length, collation="C"), "postgresql"
    )


def entity_columns() -> list[sa.Column[Any]]:
    """What the table of every entity has (`entity.py`); a migration says it in full."""
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    ]


def processed_table(metadata: sa.MetaData) -> sa.Table:
    """The inbox and the idempotency keys: events and requests that the module has dealt
    with.
    """
    return sa.Table(
        "processed",
        metadata,
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
    )


def jobs_table(metadata: sa.MetaData) -> sa.Table:
    """When each of the module's jobs is due; see `sql_jobs.py`."""
    return sa.Table(
        "jobs",
        metadata,
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("due", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        # when a run was given up; null: none since the last success
        sa.Column("failed", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
    )


def tables(package: str, modules: Iterable[str], name: str) -> dict[str, sa.Table]:
    """The tables of this name of the package's modules, by what theirs are kept under."""
    found: dict[str, sa.Table] = {}
    for module in modules:
        metadata = import_module(f"{package}.{module}.repository").metadata
        if name in metadata.tables:
            found[stored_name(package, module)] = metadata.tables[name]
    return found


def check_listings(
    table: sa.Table, listings: Iterable[Listing], *, by_owner: bool = False
) -> None:
    """Refuses a list that no index serves: its filters in any order, then what it sorts
    by, then the id.

    `by_owner`: each list also within an owner's rows.
    """
    for listing in listings:
        _check_index(table, listing, listing.filters)
        if by_owner:
            _check_index(table, listing, ("owner_id", *listing.filters))


def _check_index(table: sa.Table, listing: Listing, filters: Sequence[str]) -> None:
    order = ["id"]
    if listing.sort != "id":
        order.insert(0, listing.sort)
    wanted = [sorted(filters), order]
    primary_key = ["id"]
    for index in [primary_key, *(index.columns.keys() for index in table.indexes)]:
        head, tail = index[: len(filters)], index[len(filters) :]
        if [sorted(head), tail[: len(order)]] == wanted:
            return
    for rule in table.constraints:
        if isinstance(rule, sa.UniqueConstraint) and set(rule.columns.keys()) <= set(
            filters
        ):
            return  # one row at most, in no order
    columns = ", ".join(f'"{name}"' for name in [*filters, *order])
    raise ValueError(
        f"No index of {table.name} serves the list {listing}: add sa.Index(..., {columns}), and migrate"
    )


class Database:
    """One pool of connections.

    `url`: `postgresql://...` as providers write it, or `sqlite+aiosqlite:///FOLDER`.

    `pooler`: "transaction" where one lies between that gives its server's connections
    for a transaction each.
    """

    def __init__(self, url: str, pool_size: int = 10, pooler: str = "") -> None:
        address = Address.of(url)
        self._url = address.url
        self._embedded = address.url.startswith("sqlite")
        self._modules: dict[str, AsyncEngine] = {}
        self._pool: AsyncEngine | None = None
        self._warm = False
        if not self._embedded:
            self._pool = _server(
                address, pool_size, shared=pooler == "transaction" or address.pooler
            )

    def module(self, name: str) -> AsyncEngine:
        """The engine that sees this module's tables."""
        engine = self._modules.get(name)
        if engine is None:
            if self._pool is not None:
                engine = self._pool.execution_options(schema_translate_map={None: name})
            else:
                engine = _file(Path(self._url.partition(":///")[2]), name)
            self._modules[name] = engine
        return engine

    async def load(
        self, module: str, key: sa.Column[Any], value: Any
    ) -> sa.RowMapping | None:
        """The row that has this value in its key."""
        return await load(self.module(module), key, value)

    async def commit(self, module: str, writes: Sequence[Write]) -> None:
        """All of it or nothing (Conflict, StaleVersion)."""
        await commit(self.module(module), writes)

    async def ping(self) -> None:
        """Asks every engine (Unavailable when one does not answer).

        First it makes all connections that the pool may have: on a busy machine a
        request might wait too long for a new one.
        """
        asked = self._engines()
        if not self._warm:
            _, size = self.connections()
            asked = asked * max(1, size)
        await asyncio.gather(*[_ask(engine) for engine in asked])
        self._warm = True

    def connections(self) -> tuple[int, int]:
        """How many connections of the pool are in use, and how many it may have."""
        if self._pool is None:
            return 0, 0
        pool: Any = self._pool.pool
        return _in_use(self._pool), pool.size()

    def maintenance(self, unit: Any) -> list[object]:
        """What a module's tables need done in the background, for its `background.py`.

        `unit`: its class.
        """
        from .retention import Retention

        return [Retention(self, unit)]

    async def close(self) -> None:
        """Graceful shutdown: a commit goes on when its caller is gone, and a connection
        that is given back after this is closed by nobody.
        """
        for _ in range(500):  # five seconds: a statement has ended by then
            if not any(_in_use(engine) for engine in self._engines()):
                break
            await asyncio.sleep(0.01)
        for engine in self._engines():
            await engine.dispose()

    def _engines(self) -> list[AsyncEngine]:
        if self._pool is not None:
            return [self._pool]
        return list(self._modules.values())


def _in_use(engine: AsyncEngine) -> int:
    pool: Any = engine.pool
    return int(pool.checkedout())


async def _ask(engine: AsyncEngine) -> None:
    async with connected(engine) as connection:
        await connection.execute(sa.text("SELECT 1"))


def _server(address: Address, pool_size: int, *, shared: bool) -> AsyncEngine:
    """PostgreSQL, with limits.

    `shared`: whether nothing may outlive a transaction, neither settings nor
    statements.
    """
    arguments: dict[str, Any] = {
        "dsn": address.url,
        "timeout": CONNECT_TIMEOUT,
        **address.arguments,
    }
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": CONNECT_TIMEOUT,
    }
    if shared:
        options["execution_options"] = {"in_transactions": True}
        arguments["statement_cache_size"] = 0
        arguments["prepared_statement_cache_size"] = 0
        arguments["prepared_statement_name_func"] = lambda: ""
    engine = _engine("postgresql+asyncpg://", connect_args=arguments, **options)
    if shared:
        event.listen(engine.sync_engine, "begin", _set_transaction)
    else:
        event.listen(engine.sync_engine, "connect", _set_session)
    return engine


def _file(folder: Path, module: str) -> AsyncEngine:
    """SQLite, a file for each module."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = _engine(f"sqlite+aiosqlite:///{folder}/{module}.sqlite")
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _engine(url: str, **options: Any) -> AsyncEngine:
    return create_async_engine(
        url,
        json_serializer=lambda value: to_json(value).decode(),
        json_deserializer=from_json,
        # seconds; what lies between may forget a connection that is older
        pool_recycle=300,
        **options,
    )


def _set_session(connection: Any, _: Any) -> None:
    """They are set, since poolers refuse them where a connection is opened."""
    settings = "; ".join(f"SET {name} = '{value}'" for name, value in SESSION.items())
    connection.run_async(
        lambda driver: driver.execute(settings, timeout=CONNECT_TIMEOUT)
    )


def _set_transaction(connection: sa.Connection) -> None:
    settings = ", ".join(
        f"set_config('{name}', '{value}', true)" for name, value in SESSION.items()
    )
    connection.exec_driver_sql(f"SELECT {settings}")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for name, value in SQLITE.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()
