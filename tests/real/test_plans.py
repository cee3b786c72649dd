"""What PostgreSQL does with the queries of a project whose tables have 100,000 rows: never reads a table through."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from tests.parity.systems import SQL_DOMAIN, write_project
from tests.support.postgres import module, postgres

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
ROWS = 100_000
FEW = 1_000  # rows that may be sorted
BY_TYPE = {
    "Uuid": "uuidv7()",
    "FixedDecimal": "n % 1000 + 0.5",
    "BigInteger": "n % 1000",
    "Integer": "1",
    "Double": "n % 1000 + 0.25",
    "Boolean": "n % 2 = 0",
    "Date": "date '2020-01-01' + n % 1000",
    "UtcDateTime": "now() - n * interval '1 minute'",
    "ZonedDateTime": """to_char(timestamp '2024-01-01' + n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+02:00'""",
    "Duration": "n % 1000",
}
BY_NAME = {
    "label": "chr(48 + n / 1600) || chr(48 + n / 40 % 40) || chr(48 + n % 40)",  # of at most four characters, and no two the same
    "owner_id": "lpad((n % 100)::text, 32, '0')::uuid",
    "due": "now() + (n - 25) * interval '1 hour'",  # nearly all of the outbox waits
    "at": "now() - n * interval '1 second'",
    "expires_at": "now() + (n - 25) * interval '1 hour'",  # and nearly all sessions are good
}


@pytest.fixture(scope="module", params=["plans_shop", "plans_lab"])
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Project]:
    domain = {"preset": "ecommerce"} if request.param == "plans_shop" else SQL_DOMAIN
    folder = tmp_path_factory.mktemp(request.param)
    write_project(folder, request.param.replace("_", "-"), "monolith", domain)
    with postgres() as server:
        project = Project(request.param, server + "/postgres")
        asyncio.run(project.fill())
        yield project


class Project:
    def __init__(self, package: str, url: str) -> None:
        self.package = package
        self.url = url
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
        own = [kind for kind in vars(repository).values() if isinstance(kind, type) and issubclass(kind, base)]
        return next(kind for kind in own if kind.__module__ == repository.__name__)

    def opened(self, name: str, database: Any) -> Any:
        """A unit of work of the module."""
        kind, needs = self.unit(name), [database, module(self.package, "chassis.mechanism.memory_cache").MemoryCache()]
        if "outbox" in vars(kind):
            needs.append(self.relay(database))
        return kind(*needs)

    def relay(self, database: Any) -> Any:
        background = module(self.package, "chassis.mechanism.background").Background(
            self.package
        )  # of no handlers: all deliveries fail
        outboxes = module(self.package, "chassis.mechanism.sql").tables(self.package, self.modules, "outbox")
        return module(self.package, "chassis.mechanism.outbox").Relay(database, background, outboxes)

    async def fill(self) -> None:
        async with self.database() as database:
            migrate = module(self.package, "apps.alembic.migrate")
            await migrate.upgrade(database, self.modules)
            for name in self.modules:
                unit = self.opened(name, database)
                async with migrate.migrating(database, name) as connection:
                    for table in module(self.package, f"{name}.repository").metadata.sorted_tables:
                        entity = (
                            unit.repositories[table.name]._codec.entity if table.name in unit.repositories else None
                        )
                        await connection.execute(sa.text(filling(table, get_type_hints(entity) if entity else {})))
                async with migrate.migrating(database, name) as connection:
                    await connection.execute(sa.text("ANALYZE"))


def filling(table: sa.Table, hints: dict[str, Any]) -> str:
    """The statement that puts the rows into a table."""
    columns = [column for column in table.columns if column.identity is None]  # the database numbers these
    values = [value(column, hints.get(column.name)) for column in columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {", ".join(values)} FROM generate_series(1, {ROWS}) AS n'


def value(column: sa.Column[Any], hint: Any) -> str:
    if column.name in BY_NAME:
        return BY_NAME[column.name]
    for key in column.foreign_keys:
        target = key.column.table
        # of a link table, no two rows have the same pair
        at = "n / 1000" if column.primary_key and column is not next(iter(column.table.columns)) else "n % 1000"
        some = f'(ARRAY(SELECT id FROM "{target.name}" LIMIT 1000))[1 + {at}]'
        return "NULL" if target is column.table else some
    if isinstance(column.type, sa.JSON):
        return "NULL" if column.nullable else "'[]'"
    choices = next((get_args(part) for part in (hint, *get_args(hint)) if get_origin(part) is Literal), None)
    if choices:
        return f"(ARRAY{list(choices)})[1 + n % {len(choices)}]"
    if isinstance(column.type, sa.String):
        repeats = "" if column.primary_key or unique(column) or column.name in together(column.table) else " % 1000"
        return f"'a' || n{repeats}"
    return BY_TYPE[type(column.type).__name__]


def unique(column: sa.Column[Any]) -> bool:
    kinds = [c for c in column.table.constraints if isinstance(c, sa.UniqueConstraint)]
    return any([column] == list(kind.columns) for kind in kinds) or any(i.unique for i in column.table.indexes)


def together(table: sa.Table) -> set[str]:
    """The columns of rules over several: no two rows are alike in all of them."""
    rules = [rule for rule in table.constraints if isinstance(rule, sa.UniqueConstraint)]
    return {column.name for rule in rules if len(rule.columns) > 1 for column in rule.columns}


@asynccontextmanager
async def explained(database: Any, *, allowed: str = "") -> AsyncIterator[None]:
    """AssertionError if PostgreSQL reads a table through, or sorts many rows, for what is asked within.

    `allowed`: a kind of node that is as it should be.
    """
    asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    assert asked
    async with database.module("public").connect() as connection:
        for statement, parameters in asked:
            if statement.startswith("SELECT count(*)"):  # has a bound, within which any way will do
                continue
            plan = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            found = plan.scalar_one()
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            bad = [node for node in nodes(plan) if slow(node) and node["Node Type"] != allowed]
            assert not bad, f"{statement}\n{json.dumps(plan, indent=1)}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def slow(node: dict[str, Any]) -> bool:
    return node["Node Type"] == "Seq Scan" or ("Sort" in node["Node Type"] and node["Plan Rows"] > FEW)


def held(row: Any, field: str) -> Any:
    """What a list by this field may be asked for: of links one, or where there is none what no link goes to."""
    found = getattr(row, field)
    return next(iter(found), row.id) if isinstance(found, tuple) else found


def entities(project: Project, unit: Any, name: str) -> Iterator[tuple[Any, Any, str | None]]:
    """A module's repositories that the API lists, with their listings and who may read."""
    domain, service = module(project.package, f"{name}.domain"), module(project.package, f"{name}.service")
    for repository in unit.repositories.values():
        upper = re.sub(r"(?<!^)(?=[A-Z])", "_", repository._codec.entity.__name__).upper()
        if hasattr(domain, f"{upper}_LISTS"):
            yield repository, getattr(domain, f"{upper}_LISTS"), getattr(service, f"{upper}_ACCESS").read


def test_every_list_and_every_page_of_it_comes_off_an_index(project: Project) -> None:
    async def ask() -> int:
        store, pages = module(project.package, "chassis.mechanism.persistence"), 0
        async with project.database() as database:
            for name in project.modules:
                for repository, listings, read in entities(project, project.opened(name, database), name):
                    some = (await repository.page(store.Query())).items[0]
                    for listing in listings:
                        filters = {field: held(some, field) for field in listing.filters}
                        for owner in [None, some.owner_id] if read == "owner" else [None]:
                            query = store.Query(listing, filters, owner=owner, limit=20)
                            async with explained(database):
                                page = await repository.page(query)
                            after = repository._codec.cursor((page.items or [some])[0], listing.sort)
                            async with explained(database):
                                await repository.page(store.Query(listing, filters, 20, after, owner))
                            if hasattr(repository, "numbered"):
                                async with explained(database):
                                    numbered = await repository.numbered(query, 2)
                                assert numbered.total >= len(page.items) and (
                                    numbered.exact or numbered.total == 10_000
                                )
                            pages += 2
        return pages

    assert asyncio.run(ask()) >= 10


@pytest.mark.parametrize("project", ["plans_lab"], indirect=True)  # the shop has none
def test_every_filter_that_combines_and_every_order_of_it_comes_off_an_index(project: Project) -> None:
    """A filter alone, with its range, and each pair; an order alone, and of two, of which the first comes off an index."""

    async def ask() -> int:
        kinds, asked = module(project.package, "chassis.mechanism.filters"), 0
        async with project.database() as database:
            for name in project.modules:
                unit, domain = project.opened(name, database), module(project.package, f"{name}.domain")
                for repository, _, read in entities(project, unit, name):
                    offered = getattr(domain, f"{repository._codec.entity.__name__.upper()}_FILTERS", None)
                    if offered is None:
                        continue
                    newest = (kinds.Order("id", descending=True),)
                    some = (await repository.page(kinds.FilteredQuery(order=newest))).items[0]
                    exact = [kinds.Filter(f, (held(some, f),)) for f in (*offered.exact, *offered.ranges)]
                    ranges = [kinds.Filter(f, (), getattr(some, f)) for f in offered.ranges]
                    whole = [one for one in (*exact, *ranges) if one.values != (None,)]
                    wheres = [(one,) for one in whole] + list(itertools.combinations(whole, 2))
                    orders: list[tuple[Any, ...]] = [
                        (kinds.Order(f, way),) for f in offered.sorts for way in (True, False)
                    ]
                    orders += [
                        (kinds.Order(a, True), kinds.Order(b, False))
                        for a, b in itertools.permutations(offered.sorts, 2)
                    ]
                    queries = [((), order) for order in orders] + [(where, newest) for where in wheres]
                    for owner in [None, some.owner_id] if read == "owner" else [None]:
                        for where, order in queries:
                            query = kinds.FilteredQuery(where=where, order=order, owner=owner)
                            async with explained(database, allowed="Incremental Sort"):
                                page = await repository.page(query)
                            if page.next is not None:
                                async with explained(database, allowed="Incremental Sort"):
                                    await repository.page(replace(query, after=page.next))
                            asked += 1
        return asked

    assert asyncio.run(ask()) >= 100


def test_a_row_is_found_by_its_id_and_by_each_unique_value_on_an_index(project: Project) -> None:
    async def ask() -> None:
        async with project.database() as database:
            for name in project.modules:
                for repository, _, _ in entities(project, project.opened(name, database), name):
                    some = (
                        await repository.page(module(project.package, "chassis.mechanism.persistence").Query())
                    ).items[0]
                    async with explained(database):
                        assert await repository.load(some.id) == some
                    for column in filter(unique, repository._table.columns):
                        async with explained(database):
                            assert await repository.find(column.name, getattr(some, column.name)) == some

    asyncio.run(ask())


def test_what_is_done_beside_the_requests_reads_no_table_through(project: Project) -> None:
    async def ask() -> None:
        async with project.database() as database:
            units = [project.unit(name) for name in project.modules]
            for unit in units:
                async with explained(database):
                    await module(project.package, "chassis.mechanism.retention").Retention(database, unit).once()
            for unit in units:
                if "outbox" in vars(unit):
                    async with explained(database):
                        assert await project.relay(database).relay_once(unit.module) > 0
                async with explained(database):
                    assert await project.opened(unit.module, database).find_processed("a7") is not None

    asyncio.run(ask())


def test_every_reference_can_be_looked_up_from_the_other_side(project: Project) -> None:
    """When a row is deleted, PostgreSQL itself looks for those that refer to it."""
    for name in project.modules:
        for table in module(project.package, f"{name}.repository").metadata.sorted_tables:
            first = {next(iter(index.columns)).name for index in [*table.indexes, table.primary_key] if index.columns}
            assert {key.parent.name for key in table.foreign_keys} <= first


def test_rows_that_expire_are_found_by_when(project: Project) -> None:
    assert timedelta(days=1) < module(project.package, "chassis.mechanism.retention").PROCESSED_RETENTION
    for unit in map(project.unit, project.modules):
        for table, column in [(unit.processed, "at"), *((table, "expires_at") for table in unit.expiring)]:
            assert column in {next(iter(index.columns)).name for index in table.indexes}
