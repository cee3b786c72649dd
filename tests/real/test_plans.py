"""What PostgreSQL does with the queries of a project whose tables have 100,000 rows:
never reads a table through.

Of the domain that says everything each statement is looked at, whatever asks for it
(`test_nothing_that_is_asked_over_http_reads_a_table_through`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.parity.everything import IN_SQL
from tests.parity.systems import PASSWORD, SQL_DOMAIN, running, write_project
from tests.parity.test_parity import drive
from tests.parity.test_sql_parity import SqlTwins
from tests.support.plans import Filled, asked, explained, faults, unique
from tests.support.postgres import module, postgres
from tests.support.projects import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
# what is searched, called by name, and brings others along
WORDS_DOMAIN: dict[str, Any] = {
    "modules": {
        "press": {
            "entities": {
                "author": {
                    "access": {"read": "public", "write": "user"},
                    "display": ["name"],
                    "fields": {
                        "name": {"type": "string", "max_length": 80, "required": True}
                    },
                },
                "tag": {
                    "access": {"read": "public", "write": "user"},
                    "fields": {
                        "word": {"type": "string", "max_length": 40, "unique": True}
                    },
                },
                "article": {
                    "access": {"read": "public", "write": "owner"},
                    "search": ["title", "body"],
                    "totals": True,
                    "filters": ["stars", "author"],
                    "sorts": ["stars"],
                    "keys": ["slug"],
                    "expand": ["author", "tags"],
                    "fields": {
                        "title": {"type": "string", "max_length": 80, "required": True},
                        "slug": {"type": "slug", "from": "title"},
                        "body": {"type": "text"},
                        "stars": {"type": "integer"},
                        "author": {
                            "type": "reference",
                            "to": "press.author",
                            "listed_as": "articles",
                        },
                        "tags": {
                            "type": "references",
                            "to": "press.tag",
                            "listed_as": "articles",
                        },
                    },
                },
                "draft": {
                    "access": {"read": "owner", "write": "owner"},
                    "search": ["words"],
                    "expand": ["article"],
                    "fields": {
                        "words": {"type": "string", "max_length": 80, "required": True},
                        "article": {
                            "type": "reference",
                            "to": "press.article",
                            "listed_as": "drafts",
                        },
                    },
                },
            }
        }
    }
}
DOMAINS: dict[str, dict[str, Any]] = {
    "plans_shop": {"preset": "ecommerce"},
    "plans_lab": SQL_DOMAIN,
    "plans_press": WORDS_DOMAIN,
    "plans_everything": IN_SQL,
}
PATIENCE = 60.0  # seconds, for what events tell
# a log of what is written would take more than the rows
LITTLE_WAL = ("wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB")


@pytest.fixture(scope="module", params=DOMAINS)
def project(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    containers: None,
) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp(request.param)
    name = request.param.replace("_", "-")
    written = write_project(folder, name, "monolith", DOMAINS[request.param])
    with postgres(100, *LITTLE_WAL) as server:
        project = Filled(request.param, f"{server}/postgres", written)
        asyncio.run(project.fill())
        yield project


def held(row: Any, field: str) -> Any:
    """What a list by this field may be asked for: of links one, or where there is none
    what no link goes to.
    """
    found = getattr(row, field)
    return next(iter(found), row.id) if isinstance(found, tuple) else found


@pytest.mark.parametrize("project", ["plans_everything"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM accounts.accounts WHERE password_hash = 'a7'",
        "SELECT id FROM accounts.accounts WHERE verified ORDER BY password_hash LIMIT 2",
        "SELECT count(*) FROM (SELECT id FROM hall.door0s WHERE word = 'a7' LIMIT 9)",
        "UPDATE hall.door0s SET word = 'a' WHERE word = 'a7'",
    ],
)
def test_what_reads_a_table_through_is_found(project: Filled, statement: str) -> None:
    async def look() -> list[str]:
        async with project.database() as database:
            return await faults(database, {statement: ()})

    assert len(asyncio.run(look())) == 1


def test_every_list_and_every_page_of_it_comes_off_an_index(project: Filled) -> None:
    async def ask() -> int:
        store, pages = module(project.package, "chassis.mechanism.persistence"), 0
        async with project.database() as database:
            for repository, listings, _, read in project.listed(database):
                some = (await repository.page(store.Query())).items[0]
                for listing in listings:
                    filters = {field: held(some, field) for field in listing.filters}
                    for owner in [None, some.owner_id] if read == "owner" else [None]:
                        query = store.Query(listing, filters, owner=owner, limit=20)
                        async with explained(database):
                            page = await repository.page(query)
                        after = repository._codec.cursor(
                            (page.items or [some])[0], listing.sort
                        )
                        async with explained(database):
                            await repository.page(
                                store.Query(listing, filters, 20, after, owner)
                            )
                        if hasattr(repository, "numbered"):
                            async with explained(database):
                                numbered = await repository.numbered(query, 2)
                            assert numbered.total >= len(page.items) and (
                                numbered.exact or numbered.total == 10_000
                            )
                        pages += 2
        return pages

    assert asyncio.run(ask()) >= 10


# the shop has none
@pytest.mark.parametrize(
    "project", ["plans_lab", "plans_press", "plans_everything"], indirect=True
)
def test_every_filter_that_combines_and_every_order_of_it_comes_off_an_index(
    project: Filled,
) -> None:
    """A filter alone, with its range, and with another; an order alone, and of two, of
    which the first comes off an index; a filter of several values in an order.
    """

    async def ask() -> tuple[int, list[str]]:
        kinds = module(project.package, "chassis.mechanism.filters")
        looked_at, bad = 0, list[str]()
        async with project.database() as database:
            for repository, _, offered, read in project.listed(database):
                if offered is None:
                    continue
                newest = (kinds.Order("id", descending=True),)
                some, *_, other = (
                    await repository.page(kinds.FilteredQuery(order=newest))
                ).items
                exact = [
                    kinds.Filter(f, (held(some, f),))
                    for f in (*offered.exact, *offered.ranges)
                ]
                ranges = [kinds.Filter(f, (), getattr(some, f)) for f in offered.ranges]
                orders = [
                    (kinds.Order(f, way),)
                    for f in offered.sorts
                    for way in (True, False)
                ]
                queries: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = [
                    ((), order) for order in orders
                ]
                queries += [
                    ((), (kinds.Order(a, True), kinds.Order(b, False)))
                    for a, b in itertools.permutations(offered.sorts[:4], 2)
                ]
                queries += [((one,), newest) for one in (*exact, *ranges)]
                queries += [
                    (pair, newest) for pair in itertools.pairwise((*exact, *ranges))
                ]
                queries += [
                    ((kinds.Filter(f, (held(some, f), held(other, f))),), order)
                    for f in (*offered.exact, *offered.ranges)
                    for order in orders[:4]
                ]
                with asked() as statements:
                    for owner in [None, some.owner_id] if read == "owner" else [None]:
                        for where, order in queries:
                            query = kinds.FilteredQuery(
                                where=where, order=order, owner=owner
                            )
                            page = await repository.page(query)
                            if page.next is not None:
                                await repository.page(replace(query, after=page.next))
                            if hasattr(repository, "numbered") and len(where) < 2:
                                await repository.numbered(query, 2)
                looked_at += len(statements)
                bad += await faults(database, statements, "Incremental Sort")
        return looked_at, bad

    looked_at, bad = asyncio.run(ask())
    assert not bad, "\n".join(bad)
    assert looked_at >= (20 if project.package == "plans_press" else 100)


@pytest.mark.parametrize("project", ["plans_press", "plans_everything"], indirect=True)
def test_a_search_comes_off_the_index_of_its_words(project: Filled) -> None:
    """Of one word, of several, of a beginning, the caller's own, by pages and by
    number; whether many rows have it or none.
    """

    async def ask() -> int:
        query, asked = (
            module(project.package, "chassis.mechanism.search").SearchQuery,
            0,
        )
        async with project.database() as database:
            for repository, _, _, read in project.listed(database):
                if "search" not in repository._table.info:
                    continue
                newest = module(project.package, "chassis.mechanism.persistence").Query(
                    limit=1
                )
                first = (await repository.page(newest)).items[0]
                for words in (("a7",), ("a7", "a"), ("a99",), ("unheard",)):
                    for owner in [None, first.owner_id] if read == "owner" else [None]:
                        async with explained(database, allowed="Sort"):
                            page = await repository.page(
                                query(owner=owner, words=words)
                            )
                        assert owner is not None or (page.items != []) == (
                            words != ("unheard",)
                        )
                        if hasattr(repository, "numbered"):
                            async with explained(database, allowed="Sort"):
                                await repository.numbered(
                                    query(owner=owner, words=words), 1
                                )
                        asked += 1
        return asked

    assert asyncio.run(ask()) >= 12


@pytest.mark.parametrize("project", ["plans_press", "plans_everything"], indirect=True)
def test_what_comes_along_is_found_by_its_ids(project: Filled) -> None:
    """As many rows as a page of a hundred refers to, and their own links, each on an
    index.
    """

    async def ask() -> int:
        store, found = module(project.package, "chassis.mechanism.persistence"), 0
        async with project.database() as database:
            for repository, _, _, _ in project.listed(database):
                if hasattr(repository, "several"):
                    page = await repository.page(store.Query(limit=100))
                    async with explained(database):
                        rows = await rows_of(database, repository, page.items)
                    assert len(rows) == 100
                    found += 1
        return found

    async def rows_of(database: Any, known: Any, rows: list[Any]) -> Any:
        """In a unit of work that has none of them yet."""
        fresh = next(
            one
            for one, _, _, _ in project.listed(database)
            if one._codec.entity is known._codec.entity
        )
        return await fresh.several([row.id for row in rows])

    assert asyncio.run(ask()) >= 2


def test_a_row_is_found_by_its_id_and_by_each_unique_value_on_an_index(
    project: Filled,
) -> None:
    async def ask() -> None:
        async with project.database() as database:
            for repository, _, _, _ in project.listed(database):
                some = (
                    await repository.page(
                        module(project.package, "chassis.mechanism.persistence").Query()
                    )
                ).items[0]
                async with explained(database):
                    assert await repository.load(some.id) == some
                for column in filter(unique, repository._table.columns):
                    value = getattr(some, column.name)
                    if value is not None:
                        async with explained(database):
                            assert await repository.find(column.name, value) == some

    asyncio.run(ask())


def test_what_is_done_beside_the_requests_reads_no_table_through(
    project: Filled,
) -> None:
    async def ask() -> None:
        async with project.database() as database:
            units = [project.unit(name) for name in project.modules]
            for unit in units:
                async with explained(database):
                    await (
                        module(project.package, "chassis.mechanism.retention")
                        .Retention(database, unit)
                        .once()
                    )
            for unit in units:
                if "outbox" in vars(unit):
                    async with explained(database):
                        assert await project.relay(database).relay_once(unit.module) > 0
                async with explained(database):
                    assert (
                        await project.opened(unit.module, database).find_processed("a7")
                        is not None
                    )

    asyncio.run(ask())


def test_every_reference_can_be_looked_up_from_the_other_side(project: Filled) -> None:
    """When a row is deleted, PostgreSQL itself looks for those that refer to it."""
    for name in project.modules:
        for table in module(
            project.package, f"{name}.repository"
        ).metadata.sorted_tables:
            first = {
                next(iter(index.columns)).name
                for index in [*table.indexes, table.primary_key]
                if index.columns
            }
            assert {key.parent.name for key in table.foreign_keys} <= first


def test_rows_that_expire_are_found_by_when(project: Filled) -> None:
    assert (
        timedelta(days=1)
        < module(project.package, "chassis.mechanism.retention").PROCESSED_RETENTION
    )
    for unit in map(project.unit, project.modules):
        for table, column in [
            (unit.processed, "at"),
            *((table, "expires_at") for table in unit.expiring),
        ]:
            assert column in {next(iter(index.columns)).name for index in table.indexes}


class Alone(SqlTwins):
    """One system, of whose lists the first two pages are enough."""

    def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        expand: str | None = None,
        **headers: str,
    ) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        query = {} if expand is None else {"expand": expand}
        answer = self.systems[0].ask(who, method, path, body, named, query)
        assert answer["status"] < 500, (who, method, path, query, body, answer)
        return answer

    def page(
        self, who: str, path: str, query: dict[str, Any], after: Any
    ) -> tuple[str | None, ...]:
        answer, cursor = self.systems[0].page(who, path, query, after[0])
        assert answer["status"] < 500, (who, path, query, answer)
        return (cursor,)

    def pages(
        self, who: str, path: str, query: dict[str, Any]
    ) -> tuple[str | None, ...]:
        first = self.page(who, path, query, (None,))
        if first[0] is not None:
            self.page(who, path, query, first)
        return first


@pytest.mark.parametrize("project", ["plans_everything"], indirect=True)
def test_nothing_that_is_asked_over_http_reads_a_table_through(
    project: Filled,
) -> None:
    """Whoever asks for it, a use case, a relation that is followed, a cascade, a handler
    of an event: all that the state machine makes the project ask. The last test, since
    the project's own relay empties what was due.
    """

    async def look(statements: dict[str, Any]) -> list[str]:
        async with project.database() as database:
            return await faults(database, statements, "Incremental Sort")

    with (
        running(project.written, database_url=project.url) as system,
        asked() as statements,
    ):
        drive(system, system, 2, Alone)
        gone = system.ask("bob", "DELETE", "/api/me", {"password": PASSWORD})
        assert gone["status"] == 204
        # what he owned goes by an event
        owned = "door3s.owner_id = "
        until(lambda: any(owned in said for said in [*statements]), PATIENCE)
    assert len(statements) > 200
    bad = asyncio.run(look(statements))
    assert not bad, "\n".join(bad)
