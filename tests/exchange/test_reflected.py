"""The database of a generated project gives its domain again, as far as a schema tells
one: on SQLite and PostgreSQL.

What a schema does not tell is what `told` leaves out, and what `docs/reference.md`
lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.parity.systems import SQL_DOMAIN, create_database
from tests.support.postgres import postgres
from tests.support.projects import Project, new

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.domain.field_values import resolve_length, resolve_scale
from archgen.domain.schema import Domain, DomainModule, EntitySpec, FieldSpec
from archgen.exchange.reflection import read_database
from archgen.exchange.translation import Translated, translate

SAMPLES = Path(__file__).parents[1] / "samples"
DRAWN = [case for case, _ in json.loads((SAMPLES / "domains.json").read_text())]
MODELS = [
    yaml.safe_load(path.read_text())
    for path in sorted((SAMPLES / "domains").glob("*.yaml"))
]
CASES = {
    "everything": SQL_DOMAIN,
    **{
        model: MODELS[number]
        for number, model in enumerate(("conduit", "northwind", "vendors"))
    },
    **{preset: {"preset": preset} for preset in ("crud", "ecommerce")},
    **{
        f"drawn_{number}": {"modules": DRAWN[number]["modules"]}
        for number in (2, 7, 9, 11, 18)
    },
}
# what a column of a field of that type is to a database, where that has no type of its
# own for it
STORED = {
    "email": "string",
    "url": "string",
    "slug": "string",
    "enum": "string",
    "zoned_datetime": "string",
    "duration": "integer",
    "list": "json",
    "object": "json",
    "file": "uuid",
}
LENGTHS = {"enum": 64, "zoned_datetime": 32}
MIGRATE = """
import asyncio, importlib, sys

package, url = sys.argv[1:]
part = lambda name: importlib.import_module(f"{package}.{name}")

async def main():
    database = part("chassis.mechanism.sql").Database(url)
    await part("apps.alembic.migrate").upgrade(database, part("apps.app").MODULES)
    await database.close()

asyncio.run(main())
"""


def told(domain: Domain, dialect: str) -> dict[str, Any]:
    """What a schema says of the declared entities, by module and table."""
    return {
        module.name: {
            entity.store(name): _entity(domain, module, entity, dialect)
            for name, entity in module.spec.entities.items()
        }
        for module in domain.modules
        # or its tables are of a preset's own code
        if all(entity.fields for entity in module.spec.entities.values())
    }


def _entity(
    domain: Domain, module: DomainModule, spec: EntitySpec, dialect: str
) -> dict[str, Any]:
    """Not: its name where the plural is not its English one, access beyond owners,
    which fields are searched by, keys, totals.
    """
    many = [key for key, content in spec.fields.items() if content.type == "references"]
    local = [key for key, content in spec.fields.items() if _local(module, content)]
    lists = {tuple(part.removeprefix("-") for part in one) for one in spec.lists}
    single = {key for key, content in spec.fields.items() if content.indexed} | {
        *spec.combined[0],
        *spec.combined[1],
    }
    single |= {
        key
        for key in local
        if spec.fields[key].listed_as and not spec.fields[key].one_to_one
    }
    single |= {one[0] for one in lists if len(one) == 1}
    several = {one for one in lists if len(one) > 1}
    by_events = {
        key
        for key, content in spec.fields.items()
        if content.type == "reference"
        and f"{content.to}.deleted" in module.spec.reacts_to
    }
    return {
        "owned": "private"
        if spec.access.read == "owner" and (single or several or many)
        else spec.owned,
        "fields": {
            key: _field(domain, module, content, dialect)
            for key, content in spec.fields.items()
        },
        # that lists of all rows go by a reference within the module is not told: it has
        # its index anyway
        "listed": (single | by_events) - {*local} | several,
        "unique": {frozenset(rule) for rule in spec.unique},
        "audit": bool(spec.audit),
    }


def _field(
    domain: Domain, module: DomainModule, spec: FieldSpec, dialect: str
) -> tuple[object, ...]:
    """Not: defaults, bounds, patterns, values of an enum, `set_by`, `own`, `on_delete`,
    `listed_as`, `max`, and where a reference across modules goes.
    """
    if spec.type == "references":
        home, _, entity = str(spec.to).partition(".")
        to = (
            "accounts"
            if home == "accounts"
            else domain[home].spec.entities[entity].store(entity)
        )
        return "references", to, bool(spec.ordered)
    required = (
        spec.required or spec.default is not None or spec.type in ("list", "slug")
    )
    unique = spec.alone
    if spec.type == "reference":
        home, _, entity = str(spec.to).partition(".")
        local = _local(module, spec)
        return (
            "reference" if local else "uuid",
            local and domain[home].spec.entities[entity].store(entity),
            required,
            unique,
        )
    stored = STORED.get(spec.type, spec.type)
    length = (
        LENGTHS.get(spec.type, resolve_length(spec)) if stored == "string" else None
    )
    if stored == "decimal" and dialect == "sqlite":
        stored = "integer"  # of its smallest unit: SQLite has no exact decimals
    return (
        stored,
        length
        if stored == "string"
        else resolve_scale(spec)
        if stored == "decimal"
        else False,
        required,
        unique,
    )


def _local(module: DomainModule, spec: FieldSpec) -> bool:
    return spec.type == "reference" and str(spec.to).partition(".")[0] == module.name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    @cache
    def made(case: str) -> Project:
        return write(tmp_path_factory.mktemp(case), case, CASES[case])

    return made


def write(folder: Path, case: str, answers: dict[str, Any]) -> Project:
    written = folder / "answers.json"
    written.write_text(
        json.dumps({"scope": "mvp", "architecture": "monolith", **answers})
    )
    return new(folder, case.replace("_", "-"), "--answers", str(written))


@pytest.fixture(scope="module")
def server(containers: None) -> Iterator[str]:
    with postgres() as url:
        yield url


def reflected(made: Project, url: str, read: str) -> Translated:
    made.python(MIGRATE, made.folder.name.replace("-", "_"), url)
    return translate(read_database(read))


def same(answers: dict[str, Any], found: Translated, dialect: str) -> None:
    """The domain that was read, and the one that the project is of."""
    again = resolve([from_record(found.document)]).domain
    declared = told(resolve([from_record({"name": "shop", **answers})]).domain, dialect)
    given = told(again, dialect)
    for module, tables in declared.items():
        assert {table: given[module].get(table) for table in tables} == tables


@pytest.mark.few(3)
@pytest.mark.parametrize("case", CASES)
def test_a_folder_of_sqlite_gives_the_domain_again(
    case: str, project: Callable[[str], Project], tmp_path: Path
) -> None:
    found = reflected(
        project(case),
        f"sqlite+aiosqlite:///{tmp_path}/data",
        f"sqlite:///{tmp_path}/data",
    )
    same(CASES[case], found, "sqlite")


@pytest.mark.few(3)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES)
def test_a_postgresql_with_a_schema_for_each_module_gives_the_domain_again(
    case: str, project: Callable[[str], Project], server: str
) -> None:
    plain = server.replace("+asyncpg", "+psycopg")
    create_database(server, case)
    same(
        CASES[case],
        reflected(project(case), f"{server}/{case}", f"{plain}/{case}"),
        "postgresql",
    )
