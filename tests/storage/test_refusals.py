"""What a database refuses is told apart by its error code and the name of the rule, and
said in the right words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

Chassis = Callable[[str], Any]
Story = Callable[[Any], Awaitable[None]]
BIG = 2**63


@pytest.fixture(params=["a transaction each", "a group commit"])
def database_class(request: pytest.FixtureRequest, chassis: Chassis) -> Any:
    if request.param == "a group commit":
        return chassis("mechanism.group_commit").GroupCommitDatabase
    return chassis("mechanism.sql").Database


@pytest.fixture
def probe(chassis: Chassis, url: str, database_class: Any) -> Callable[[Story], None]:
    """Runs a story with a function that makes units of a module of probes and what they
    belong to.
    """
    sql, store, cache = (
        chassis(name)
        for name in ("mechanism.sql", "mechanism.persistence", "mechanism.memory_cache")
    )
    unit_of, entity = (
        chassis("mechanism.sql_unit_of_work").SqlUnitOfWork,
        chassis("policy.entity").Entity,
    )

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Probe(entity):  # type: ignore[misc, valid-type]
        code: str = ""
        kind: str | None = "a"
        part: int = 0
        tag: str | None = None
        amount: int = 0
        belongs: UUID | None = None
        held: UUID | None = None

    metadata = sa.MetaData()
    always: list[sa.Column[Any]] = [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sql.UtcDateTime(), nullable=False),
        sa.Column("updated_at", sql.UtcDateTime(), nullable=False),
    ]
    probes = sa.Table(
        "probes",
        metadata,
        *always,
        sa.Column("code", sql.sortable_string(8), nullable=False),
        sa.Column("kind", sql.sortable_string(8), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("tag", sql.sortable_string(8), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "belongs",
            sa.Uuid(),
            sa.ForeignKey("probes.id", name="fk_probes_belongs"),
            nullable=True,
        ),
        sa.Column(
            "held",
            sa.Uuid(),
            sa.ForeignKey("probes.id", ondelete="RESTRICT"),
            nullable=True,
        ),
        sa.UniqueConstraint("code", name="uq_probes_code"),
        sa.UniqueConstraint("kind", "part", name="uq_probes_kind_part"),
        sa.Index("ix_tagged_once", "tag", unique=True),
        sa.CheckConstraint("amount >= 0", name="ck_probes_amount"),
    )
    codec = store.Codec(_typed(Probe))

    class ProbeUnitOfWork(unit_of):  # type: ignore[misc, valid-type]
        module, processed = "probe", sql.processed_table(metadata)

        def __init__(self, database: Any) -> None:
            super().__init__(database, cache.MemoryCache())
            self.probes = self.repository(codec, probes)

        def new(self, **fields: Any) -> Any:
            row = Probe(
                **{"code": uuid4().hex[:8], "part": uuid4().int % 10**15, **fields}
            )
            self.probes.add(row)
            return row

    async def run(story: Story) -> None:
        database = database_class(url)
        try:
            async with database.module("probe").begin() as connection:
                if connection.dialect.name == "postgresql":
                    await connection.execute(
                        sa.text("DROP SCHEMA IF EXISTS probe CASCADE")
                    )
                    await connection.execute(sa.text("CREATE SCHEMA probe"))
                await connection.run_sync(metadata.create_all)
            await story(lambda: ProbeUnitOfWork(database))
        finally:
            await database.close()

    return lambda story: asyncio.run(run(story))


def _typed(probe: type[Any]) -> type[Any]:
    """The class as the chassis resolves its annotations."""
    probe.__annotations__ = {"code": str, "kind": str | None, "part": int, "tag": str | None, "amount": int, "belongs": UUID | None, "held": UUID | None}  # fmt: skip
    return probe


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"code": "x"}, ["code"]),
        ({"kind": "b", "part": 1}, ["kind", "part"]),
        ({"tag": "t"}, ["tag"]),
    ],
)
def test_a_taken_value_names_its_fields(
    probe: Callable[[Story], None],
    chassis: Chassis,
    fields: dict[str, Any],
    named: list[str],
) -> None:
    async def story(units: Any) -> None:
        first = units()
        first.new(**fields)
        other = first.new()
        await first.commit()
        second = units()
        second.new(**fields)
        with pytest.raises(chassis("policy.errors").Conflict) as told:
            await second.commit()
        assert list(told.value.errors) == named
        third = units()
        third.probes.save(other, other.evolve(**fields))
        with pytest.raises(chassis("policy.errors").Conflict) as told:
            await third.commit()
        assert list(told.value.errors) == named

    probe(story)


@pytest.mark.parametrize("reference", ["belongs", "held"])
def test_a_reference_that_leads_nowhere_and_a_row_in_use_are_conflicts(
    probe: Callable[[Story], None], chassis: Chassis, reference: str
) -> None:
    async def story(units: Any) -> None:
        unit = units()
        target = unit.new()
        await unit.commit()
        unit.new(**{reference: target.id})
        await unit.commit()
        unit.new(**{reference: uuid4()})
        with pytest.raises(chassis("policy.errors").Conflict, match="no longer there"):
            await unit.commit()
        unit.probes.delete(target)
        with pytest.raises(chassis("policy.errors").Conflict, match="still in use"):
            await unit.commit()

    probe(story)


@pytest.mark.parametrize(
    ("fields", "error", "logged"),
    [
        ({"kind": None}, IntegrityError, "kind"),
        ({"amount": -1}, IntegrityError, "ck_probes_amount"),
        ({"amount": BIG}, (DBAPIError, OverflowError), ""),
        ({"code": "too long a code"}, ValueError, ""),
    ],
    ids=["null", "check", "range", "length"],
)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_defect_is_no_problem_of_the_client(
    probe: Callable[[Story], None],
    chassis: Chassis,
    caplog: pytest.LogCaptureFixture,
    fields: dict[str, Any],
    error: Any,
    logged: str,
) -> None:
    """It goes through as it is, to be answered with 500, and the log names the rule;
    whoever wrote beside it is not hurt.
    """

    async def story(units: Any) -> None:
        wrong, right = units(), units()
        wrong.new(**fields)
        row = right.new()
        outcomes: Any = await asyncio.gather(
            wrong.commit(), right.commit(), return_exceptions=True
        )
        refused, done = outcomes
        assert isinstance(refused, error) and not isinstance(
            refused, chassis("policy.errors").Problem
        )
        assert done is None and await right.probes.get(row.id) == row

    with caplog.at_level(logging.ERROR):
        probe(story)
    assert logged in caplog.text
    assert not logged or "the table probes refuses a row" in caplog.text


def test_sql_with_a_mistake_is_not_a_database_that_is_away(
    probe: Callable[[Story], None], chassis: Chassis
) -> None:
    async def story(units: Any) -> None:
        for text in ("SELEC 1", "SELECT nothing FROM probes", "DELETE FROM probes"):
            with pytest.raises(DBAPIError):
                await units().select(sa.text(text), int)
        unit = units()
        unit.new()
        await unit.commit()  # a connection that read is one that writes again
        assert await units().select(sa.text("SELECT count(*) FROM probes"), int) == [1]

    probe(story)


def test_a_list_needs_an_index_of_its_filters_and_its_order(chassis: Chassis) -> None:
    sql, listing = chassis("mechanism.sql"), chassis("mechanism.persistence").Listing
    table = sa.Table(
        "things",
        sa.MetaData(),
        *(sa.Column(name, sa.Uuid()) for name in ("id", "owner_id", "a", "b", "c")),
        sa.Index("ix_1", "a", "b", "c", "id"),
        sa.Index("ix_2", "owner_id", "id"),
        sa.UniqueConstraint("c"),
    )
    served = [
        listing(),
        listing(("b", "a"), "c"),
        listing(("c",)),
        listing(("owner_id",)),
    ]
    sql.check_listings(table, served)
    sql.check_listings(table, [listing()], by_owner=True)
    for missing in (
        listing(("a",)),
        listing(("b",), "c"),
        listing(("a", "b")),
        listing((), "a"),
    ):
        with pytest.raises(ValueError, match="No index of things serves the list"):
            sql.check_listings(table, [missing])
    with pytest.raises(ValueError, match='"owner_id", "b", "a", "c", "id"'):
        sql.check_listings(table, served[:2], by_owner=True)
