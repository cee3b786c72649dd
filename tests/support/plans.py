"""Tables of 100,000 rows of a generated project on PostgreSQL, and what it does with the
statements of the project: never reads a table through.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from sqlalchemy import event
from tests.support.postgres import module
from tests.support.projects import Project

ROWS = 100_000
FEW = 1_000  # rows that may be sorted
RARE = 200  # rows that are not come upon by walking along an index in another order
COUNTED = 10_000  # rows that a total counts (`numbered_pages.EXACT_MOST`)
# what a column has in the row of this number, of which so many rows have the same
BY_TYPE = {
    "Uuid": "lpad(to_hex(1 + {n}), 32, '0')::uuid",
    "FixedDecimal": "{n} + 0.5",
    "BigInteger": "{n}",
    "Integer": "1",
    "Double": "{n} + 0.25",
    "Boolean": "{n} % 2 = 0",
    "Date": "date '1700-01-01' + ({n})::int",
    "UtcDateTime": f"now() - ({ROWS} - n) * interval '1 minute'",
    "ZonedDateTime": """to_char(timestamp '2024-01-01' + n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+02:00'""",
    "Duration": "{n}",
}
BY_NAME = {
    "id": "lpad(to_hex(n), 32, '0')::uuid",
    "label": "chr(48 + n / 1600) || chr(48 + n / 40 % 40) || chr(48 + n % 40)",  # of at most four characters, and no two the same
    "owner_id": "lpad(to_hex(1 + n % 100), 32, '0')::uuid",
    "handler": "'a' || n % 10",
    "due": "now() + n * interval '1 hour'",
    "at": "now() - n * interval '1 second'",
    "expires_at": "now() + (n - 25) * interval '1 hour'",  # and nearly all sessions are good
}
SOME, NO_TWO, A_FEW = "n % 1000", "n - 1", "n / 7"


class Filled:
    """A project whose tables have 100,000 rows each, once it was filled."""

    def __init__(self, package: str, url: str, written: Project) -> None:
        self.package = package
        self.url = url
        self.written = written
        self.modules: tuple[str, ...] = module(package, "apps.app").MODULES

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Any]:
        database = module(self.package, "chassis.mechanism.sql").Database(self.url)
        yield database
        await database.close()

    def unit(self, name: str) -> Any:
        """The class that a module's rows are read and written by."""
        repository = module(self.package, f"{name}.repository")
        base = module(self.package, "chassis.mechanism.sql_unit_of_work").SqlUnitOfWork
        own = [
            kind
            for kind in vars(repository).values()
            if isinstance(kind, type) and issubclass(kind, base)
        ]
        return next(kind for kind in own if kind.__module__ == repository.__name__)

    def opened(self, name: str, database: Any) -> Any:
        """A unit of work of the module."""
        kind, needs = (
            self.unit(name),
            [
                database,
                module(self.package, "chassis.mechanism.memory_cache").MemoryCache(),
            ],
        )
        if "outbox" in vars(kind):
            needs.append(self.relay(database))
        return kind(*needs)

    def relay(self, database: Any) -> Any:
        # of no handlers: all deliveries fail
        background = module(self.package, "chassis.mechanism.background").Background(
            self.package
        )
        outboxes = module(self.package, "chassis.mechanism.sql").tables(
            self.package, self.modules, "outbox"
        )
        return module(self.package, "chassis.mechanism.outbox").Relay(
            database, background, outboxes
        )

    def listed(self, database: Any) -> Iterator[tuple[Any, Any, Any, str | None]]:
        """The repositories that the API lists, with their listings, the filters that
        combine (or None), and who may read.
        """
        for name in self.modules:
            domain, service = (
                module(self.package, f"{name}.domain"),
                module(self.package, f"{name}.service"),
            )
            for repository in self.opened(name, database).repository_of.values():
                upper = re.sub(
                    r"(?<!^)(?=[A-Z])", "_", repository._codec.entity.__name__
                ).upper()
                if hasattr(domain, f"{upper}_LISTS"):
                    yield (
                        repository,
                        getattr(domain, f"{upper}_LISTS"),
                        getattr(domain, f"{upper}_FILTERS", None),
                        getattr(
                            getattr(service, f"{upper}_ACCESS", None), "read", None
                        ),
                    )

    async def fill(self) -> None:
        """Indexes come when the rows are there, and the database does not look whether
        what they refer to is there: it is.
        """
        async with self.database() as database:
            migrate = module(self.package, "apps.alembic.migrate")
            await migrate.upgrade(database, self.modules)
            await asyncio.gather(*(self._fill(database, name) for name in self.modules))

    async def _fill(self, database: Any, name: str) -> None:
        migrate = module(self.package, "apps.alembic.migrate")
        unit = self.opened(name, database)
        tables = module(self.package, f"{name}.repository").metadata.sorted_tables
        async with migrate.migrating(database, name) as connection:
            await connection.execute(sa.text("SET session_replication_role = replica"))
            for table in tables:
                entity = (
                    unit.repository_of[table.name]._codec.entity
                    if table.name in unit.repository_of
                    else None
                )
                for index in table.indexes:
                    await connection.execute(sa.schema.DropIndex(index))
                await connection.execute(
                    sa.text(filling(table, get_type_hints(entity) if entity else {}))
                )
                for index in table.indexes:
                    await connection.execute(sa.schema.CreateIndex(index))
            await connection.execute(sa.text("SET session_replication_role = DEFAULT"))
        async with migrate.migrating(database, name) as connection:
            await connection.execute(sa.text("ANALYZE"))


def filling(table: sa.Table, hints: dict[str, Any]) -> str:
    """The statement that puts the rows into a table."""
    # the database numbers these
    columns = [column for column in table.columns if column.identity is None]
    apart = together(table)
    values = [value(column, hints.get(column.name), apart) for column in columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {", ".join(values)} FROM generate_series(1, {ROWS}) AS n'


def value(column: sa.Column[Any], hint: Any, apart: set[str]) -> str:
    """What a column has in the row `n`."""
    alone = unique(column) or (
        column.primary_key and column is next(iter(column.table.columns))
    )
    number = NO_TWO if alone else A_FEW if column.name in apart else SOME
    if column.name == "due" and column.table.name == "outbox":
        return "now() + (n - 25) * interval '1 hour'"  # nearly all of it waits
    if column.name in BY_NAME and not (column.name == "label" and not alone):
        return BY_NAME[column.name]
    if isinstance(column.type, sa.JSON):
        return "NULL" if column.nullable else f"'{written(hint)}'"
    choices = next(
        (
            get_args(part)
            for part in (hint, *get_args(hint))
            if get_origin(part) is Literal
        ),
        None,
    )
    if choices:
        one = f"(ARRAY{list(choices)})[1 + n % {len(choices)}]"
        return f"CASE WHEN n <= {len(choices)} THEN {one} END" if alone else one
    if isinstance(column.type, sa.String):
        return f"'a' || {number}" if "%" in number else f"'a' || ({number})"
    return BY_TYPE[type(column.type).__name__].format(n=number)


def written(hint: Any) -> str:
    """JSON that an entity may have there."""
    return "{}" if hasattr(hint, "__dataclass_fields__") else "[]"


def unique(column: sa.Column[Any]) -> bool:
    kinds = [c for c in column.table.constraints if isinstance(c, sa.UniqueConstraint)]
    return any([column] == list(kind.columns) for kind in kinds) or any(
        index.unique and [column] == list(index.columns)
        for index in column.table.indexes
    )


def together(table: sa.Table) -> set[str]:
    """A column of each rule over several: few rows are alike in it, and no two in all of
    the rule's.
    """
    found: set[str] = set()
    for rule in table.constraints:
        names = (
            [column.name for column in rule.columns]
            if isinstance(rule, sa.UniqueConstraint)
            else []
        )
        if len(names) > 1 and not found.intersection(names):
            found.add(next(name for name in names if name not in BY_NAME))
    return found


@contextmanager
def asked() -> Iterator[dict[str, Any]]:
    """What is asked of a database within: the statements, with the values of the last
    time.
    """
    found: dict[str, Any] = {}

    def note(
        _connection: Any,
        _cursor: Any,
        statement: str,
        parameters: Any,
        _context: Any,
        several: bool,
    ) -> None:
        found[statement] = parameters[0] if several else parameters

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


async def faults(database: Any, statements: dict[str, Any], *allowed: str) -> list[str]:
    """The statements for which PostgreSQL reads a table through, or sorts many rows, each
    with its plan.

    `allowed`: kinds of node that are as they should be.
    """
    found = []
    async with database.module("public").connect() as connection:
        for statement, parameters in statements.items():
            if statement.split(None, 1)[0] not in (
                "SELECT",
                "INSERT",
                "UPDATE",
                "DELETE",
                "WITH",
            ):
                continue
            said = await connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) {statement}", parameters
            )
            plan = said.scalar_one()
            plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
            # a count ends where it is no longer exact: of many rows in whatever order
            enough = COUNTED if statement.startswith("SELECT count(*)") else ROWS * 2
            if any(
                slow(node, enough, limited=limited)
                for node, limited in nodes(plan)
                if node["Node Type"] not in allowed
            ):
                found.append(f"{statement}\n{parameters}\n{json.dumps(plan, indent=1)}")
    return found


@asynccontextmanager
async def explained(database: Any, *, allowed: str = "") -> AsyncIterator[None]:
    """AssertionError if PostgreSQL reads a table through, or sorts many rows, for what
    is asked within.

    `allowed`: a kind of node that is as it should be.
    """
    with asked() as statements:
        yield
    assert statements
    bad = await faults(database, statements, allowed)
    assert not bad, "\n".join(bad)


def nodes(
    plan: dict[str, Any], *, limited: bool = False
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each, and whether it ends as soon as there are enough rows."""
    kind = plan["Node Type"]
    limited = (limited or kind == "Limit") and kind != "Sort"
    yield plan, limited
    for inner in plan.get("Plans", ()):
        yield from nodes(inner, limited=limited)


def slow(node: dict[str, Any], enough: int, *, limited: bool) -> bool:
    """Whether it reads more than it should: a table or an index through, in which few
    rows are looked for or all are wanted, or much that is to be sorted.

    `enough`: rows of a table that are so many that any way to them will do.
    """
    kind, rows = node["Node Type"], node["Plan Rows"]
    if kind.startswith("Index") and "Index Cond" not in node:
        return not limited or ("Filter" in node and rows < RARE)
    return (kind == "Seq Scan" and rows < enough) or ("Sort" in kind and rows > FEW)
