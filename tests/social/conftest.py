"""The preset `social`, written once for these tests: what its feed and its likes are
kept in, on SQLite and on DynamoDB.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import pytest
from tests.support.postgres import postgres
from tests.support.projects import Project, new

T = TypeVar("T")
MODULES = ["accounts", "feed", "follows", "posts"]  # whose tables these tests have
DATABASES = ["sqlite", "dynamodb", pytest.param("postgresql", marks=pytest.mark.real)]


class Told:
    """What a unit of work on SQL needs of the relay; its outbox is looked at by nobody."""

    def __init__(self, package: str, routes: Mapping[str, Mapping[str, str]]) -> None:
        self.tracing = import_module(f"{package}.chassis.mechanism.tracing").Tracing()
        self._routes = routes

    def targets(self, kind: str) -> list[str]:
        return list(self._routes[kind])

    def wake(self, module: str) -> None: ...


class Storage:
    """Units of work of one module, on tables of its own, and how often the database was
    asked for what.
    """

    def __init__(
        self, package: str, database: Any, asked: list[str], cache: Any, events: Any
    ) -> None:
        self.package = package
        self.asked = asked
        self.told: list[Any] = []
        self._runner = asyncio.Runner()
        self._database = database
        self._cache = cache
        self._events = events

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """All in one event loop, as connections belong to theirs."""
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self._database.close())
        self._runner.close()

    def unit(self, module: str) -> Any:
        """A unit of work; what its commits publish is in `told`."""
        kind = getattr(
            import_module(f"{self.package}.{module}.repository"),
            f"{module.capitalize()}UnitOfWork",
        )
        if not hasattr(kind, "publish"):
            return kind(self._database, self._cache)
        unit = kind(self._database, self._cache, self._events)
        commit = unit.commit

        async def committed() -> None:
            published = dict.fromkeys(event for event, _ in unit.staged.events)
            await commit()
            self.told += published

        unit.commit = committed
        return unit

    def table(self, module: str) -> Any:
        """The engine of a module, or its table of DynamoDB."""
        return self._database.module(module)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """What the database is asked for meanwhile: the first word of each statement,
        or the operation.
        """
        self.asked.clear()
        yield self.asked


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Project]:
    folder = tmp_path_factory.mktemp("social")
    made = {}
    for name, architecture in (
        ("social-sql", "monolith"),
        ("social-keys", "serverless"),
    ):
        made[name] = new(
            folder, name, "--preset", "social", "--architecture", architecture
        )
        sys.path.append(str(made[name].folder / "src"))
    return made


@pytest.fixture(params=DATABASES)
def storage(
    request: pytest.FixtureRequest, projects: Mapping[str, Project], tmp_path: Path
) -> Iterator[Storage]:
    with storage_on(
        request.param, projects, tmp_path, request.getfixturevalue
    ) as opened:
        yield opened


@contextmanager
def storage_on(
    kind: str,
    projects: Mapping[str, Project],
    folder: Path,
    fixture: Callable[[str], Any],
) -> Iterator[Storage]:
    if kind == "dynamodb":
        with _dynamodb(projects["social-keys"], fixture("monkeypatch")) as opened:
            yield opened
        return
    url = (
        f"sqlite+aiosqlite:///{folder}"
        if kind == "sqlite"
        else _new_database(fixture("postgresql"))
    )
    with _sql(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def postgresql(containers: None) -> Iterator[str]:
    with postgres() as url:
        yield f"{url}/postgres"


def _new_database(url: str) -> str:
    """One of a test's own, since tests know the same people."""
    name = f"social_{token_hex(4)}"

    async def create() -> None:
        connection = await import_module("asyncpg").connect(url.replace("+asyncpg", ""))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    return f"{url.rpartition('/')[0]}/{name}"


@contextmanager
def _sql(url: str) -> Iterator[Storage]:
    sql, cache, event = (
        import_module("social_sql.chassis.mechanism.sql"),
        import_module("social_sql.chassis.mechanism.memory_cache").MemoryCache(),
        import_module("sqlalchemy").event,
    )
    engine = import_module("sqlalchemy.engine").Engine
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.split()[0])

    async def migrate() -> None:
        database = sql.Database(url)
        await import_module("social_sql.apps.alembic.migrate").upgrade(
            database, MODULES
        )
        await database.close()

    asyncio.run(migrate())
    event.listen(engine, "before_cursor_execute", note)
    routes = import_module(
        "social_keys.apps.event_routes"
    ).ROUTES  # the same handlers as everywhere
    opened = Storage(
        "social_sql", sql.Database(url), asked, cache, Told("social_sql", routes)
    )
    try:
        yield opened
    finally:
        opened.close()
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def _dynamodb(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    dynamodb = import_module("social_keys.chassis.mechanism.dynamodb")
    template = import_module("social_keys.local.template").Template
    with import_module("moto").mock_aws():
        client = import_module("boto3").client("dynamodb")
        _delete_tables(client)
        tables = template(
            project.folder / "deploy/template.yaml", {"AWS::StackName": "it"}
        )
        for table in tables.of_type("AWS::DynamoDB::Table").values():
            made = (
                "TableName",
                "BillingMode",
                "KeySchema",
                "AttributeDefinitions",
                "GlobalSecondaryIndexes",
            )
            client.create_table(**{key: table[key] for key in made if key in table})
        database = dynamodb.Database("it", MODULES)
        asked: list[str] = []
        call = database.call

        lock = asyncio.Lock()

        async def counting(operation: str, **arguments: Any) -> Any:
            """One at a time, since moto is not made for threads; who comes between two
            calls is anybody.
            """
            asked.append(operation)
            async with lock:
                return await call(operation, **arguments)

        monkeypatch.setattr(database, "call", counting)
        cache = import_module("social_keys.chassis.mechanism.no_cache").NoCache()
        routes = import_module("social_keys.apps.event_routes").ROUTES
        opened = Storage("social_keys", database, asked, cache, routes)
        try:
            yield opened
        finally:
            opened.close()
            _delete_tables(client)


def _delete_tables(client: Any) -> None:
    """They outlive a test where something else uses moto, too."""
    for name in client.list_tables()["TableNames"]:
        if name.startswith("it-"):
            client.delete_table(TableName=name)
