"""A migration means the same on SQLite and PostgreSQL, whichever of the two was at hand
when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.postgres import postgres
from tests.support.tables import Lab, lab

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
PRICE = '    sa.Column("price", FixedDecimal(2), nullable=True),\n'


@pytest.fixture(scope="module")
def server(containers: None) -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["postgresql", "sqlite"])
def twins(
    request: pytest.FixtureRequest, server: str, tmp_path: Path
) -> tuple[Lab, Lab]:
    """One project on two databases: first the one that is at hand when a migration is
    written.
    """
    embedded = lab(tmp_path)
    embedded.make("migrate")
    real = replace(embedded, url=f"{server}/postgres")
    real.run(
        "DROP SCHEMA IF EXISTS lab CASCADE", "DROP SCHEMA IF EXISTS accounts CASCADE"
    )
    real.make("migrate")
    return (embedded, real) if request.param == "sqlite" else (real, embedded)


def prices(twin: Lab, scale: int) -> list[Decimal | None]:
    found = [row[0] for row in twin.run("SELECT price FROM tests ORDER BY id")]
    return [
        value if value is None or twin.url else Decimal(value).scaleb(-scale)
        for value in found
    ]


@pytest.mark.few(1)
def test_a_decimal_s_digits_are_seen_and_its_values_converted(
    twins: tuple[Lab, Lab],
) -> None:
    for twin in twins:
        twin.fill("a", price="12.50" if twin.url else 1250)
    first, second = twins
    first.edit(("FixedDecimal(2)", "FixedDecimal(4)"))
    first.revise()
    for twin in twins:
        twin.make("migrate")
        assert prices(twin, 4) == [Decimal("12.5000")]
        assert "Nothing changed" in twin.revise()

    for twin in twins:
        twin.run(f"UPDATE tests SET price = {'-1.2250' if twin.url else -12250}")
    second.edit(("FixedDecimal(4)", "FixedDecimal(2)"))
    assert (
        "tests.price: from FixedDecimal(4) to FixedDecimal(2), values are rounded to 2 digits"
        in second.revise()
    )
    for twin in twins:
        twin.make("migrate")
        assert prices(twin, 2) == [Decimal("-1.23")]
        assert "Nothing changed" in twin.revise()


@pytest.mark.few(1)
def test_a_whole_number_and_a_text_become_decimals_and_back(
    twins: tuple[Lab, Lab],
) -> None:
    for twin in twins:
        twin.fill("7.25", price="3.00" if twin.url else 300)
    first, second = twins
    first.edit(("FixedDecimal(2)", "sa.BigInteger()"))
    first.edit(
        ('sa.Column("name", sortable_string(255)', 'sa.Column("name", FixedDecimal(3)')
    )
    first.revise()
    for twin in twins:
        twin.make("migrate")
        assert twin.run("SELECT price, name FROM tests") == [
            (3, Decimal("7.250") if twin.url else 7250)
        ]
    second.edit(
        ("sa.BigInteger()", "FixedDecimal(2)"),
        ('"name", FixedDecimal(3)', '"name", sortable_string(20)'),
    )
    second.revise()
    for twin in twins:
        twin.make("migrate")
        assert twin.run("SELECT price, name FROM tests") == [
            (Decimal("3.00") if twin.url else 300, "7.250")
        ]
        assert "Nothing changed" in twin.revise()


@pytest.mark.few(1)
def test_a_double_becomes_a_whole_number_and_a_decimal_and_either_a_double(
    twins: tuple[Lab, Lab],
) -> None:
    first, second = twins
    first.edit(("FixedDecimal(2)", "sa.Double()"))
    assert "values are kept to some 15 digits" in first.revise()
    for twin in twins:
        twin.make("migrate")
        twin.fill("a", "b", "c", "d", price="0.5")
        for name, price in (("b", "2.5"), ("c", "-3.5"), ("d", "-0.25")):
            twin.run(
                f"UPDATE tests SET price = {price} WHERE name = '{name}'", "SELECT 1"
            )
    second.edit(("sa.Double()", "sa.BigInteger()"))
    assert "values are rounded to 0 digits" in second.revise()
    for twin in twins:
        twin.make("migrate")
        assert twin.run("SELECT price FROM tests ORDER BY name") == [
            (0,),
            (2,),
            (-4,),
            (0,),
        ]
        assert "Nothing changed" in twin.revise()
    first.edit(("sa.BigInteger()", "sa.Double()"))
    first.revise()
    for twin in twins:
        twin.make("migrate")
        assert twin.run("SELECT price FROM tests ORDER BY name") == [
            (0.0,),
            (2.0,),
            (-4.0,),
            (0.0,),
        ]
    second.edit(("sa.Double()", "FixedDecimal(2)"))
    second.revise()
    for twin in twins:
        twin.make("migrate")
        assert sorted(filter(None, prices(twin, 2))) == [
            Decimal("-4.00"),
            Decimal("2.00"),
        ]
        assert "Nothing changed" in twin.revise()


@pytest.mark.few(1)
def test_server_defaults_and_checks_are_seen_when_they_come_change_and_go(
    twins: tuple[Lab, Lab],
) -> None:
    first, second = twins
    added = (
        '    sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.true()),\n'
        '    sa.Column("seen", UtcDateTime(), nullable=False, server_default=sa.func.now()),\n'
        '    sa.Column("stars", sa.Integer(), nullable=False, server_default="1"),\n'
        '    sa.CheckConstraint("stars < 6", name="ck_tests_stars"),\n'
    )
    imported = "import sqlalchemy as sa\n"
    first.edit(
        (
            imported,
            imported + "from chemistry.chassis.mechanism.sql import UtcDateTime\n",
        ),
        (PRICE, PRICE + added),
    )
    first.revise()
    for twin in twins:
        twin.make("migrate")
        twin.fill("a")
        assert twin.run("SELECT open, stars FROM tests") == [(1, 1)]

    second.edit(
        ('server_default="1"', 'server_default="2"'),
        ("stars < 6", "stars < 11"),
        ("sa.true()", "sa.false()"),
    )
    assert "rows that do not keep ck_tests_stars stop the migration" in second.revise()
    for twin in twins:
        twin.make("migrate")
        twin.run("DELETE FROM runs", "DELETE FROM tests")
        twin.fill("a")
        assert twin.run("SELECT open, stars FROM tests") == [(0, 2)]
        twin.run("UPDATE tests SET stars = 10")
        with pytest.raises(Exception, match="ck_tests_stars"):
            twin.run("UPDATE tests SET stars = 11")
        assert "Nothing changed" in twin.revise()

    first.edit(
        ('    sa.CheckConstraint("stars < 11", name="ck_tests_stars"),\n', ""),
        (', server_default="2"', ""),
    )
    first.revise()
    for twin in twins:
        twin.make("migrate")
        twin.run("UPDATE tests SET stars = 12")
        twin.run("DELETE FROM runs", "DELETE FROM tests")
        with pytest.raises(Exception, match=r"(?i)not.null"):
            twin.fill("a")
        assert "Nothing changed" in twin.revise()


@pytest.mark.few(1)
def test_a_type_that_one_of_them_does_not_know_is_seen_on_both(
    twins: tuple[Lab, Lab],
) -> None:
    first, second = twins
    first.edit((PRICE, PRICE + '    sa.Column("data", sa.JSON(), nullable=True),\n'))
    first.revise()
    for twin in twins:
        twin.make("migrate")
    jsonb = 'sa.JSON().with_variant(JSONB(), "postgresql")'
    second.edit(
        ("sa.JSON()", jsonb),
        (
            "import sqlalchemy as sa\n",
            "import sqlalchemy as sa\nfrom sqlalchemy.dialects.postgresql import JSONB\n",
        ),
    )
    second.revise()
    for twin in twins:
        twin.make("migrate")
        assert "Nothing changed" in twin.revise()
        if twin.url:
            kind = "SELECT data_type FROM information_schema.columns WHERE table_name = 'tests' AND column_name = 'data'"
            assert twin.run(kind) == [("jsonb",)]
