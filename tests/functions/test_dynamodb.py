"""Keys that sort as their values do, and a database that is away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.projects import Project

Chassis = Callable[[str], Any]
ORDERED = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "decimal": st.integers(-(10**18) + 1, 10**18 - 1).flatmap(
        lambda digits: st.integers(0, 9).map(
            lambda scale: Decimal(digits).scaleb(-scale)
        )
    ),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "duration": st.timedeltas(timedelta(days=-5 * 10**7), timedelta(days=5 * 10**7)),
    "boolean": st.booleans(),
    "date": st.dates(date.min, date.max),
    "datetime": st.datetimes(timezones=st.just(UTC)),
    "uuid": st.uuids(),
    "string": st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200
    ),
}


@pytest.mark.parametrize("kind", ORDERED)
def test_keys_sort_as_values_do(kind: str, chassis: Chassis) -> None:
    key_of = chassis("mechanism.dynamodb").key_of

    @settings(suppress_health_check=list(HealthCheck))
    @given(ORDERED[kind], ORDERED[kind])
    def holds(one: Any, other: Any) -> None:
        assert (key_of(one).encode() < key_of(other).encode()) == (one < other)
        assert (key_of(one) == key_of(other)) == (one == other)

    holds()


@given(st.text("aé😀", min_size=200, max_size=2000))
@settings(suppress_health_check=list(HealthCheck))
def test_a_key_fits_into_an_index_however_long_the_value(
    chassis: Chassis, value: str
) -> None:
    """A sort key has 1,024 bytes, of which the id behind the value takes 37; different
    values have different keys.
    """
    key_of = chassis("mechanism.dynamodb").key_of
    assert len(key_of(value).encode()) <= 1024 - 37
    assert key_of(value) != key_of(value + "a")


def test_times_sort_as_moments_whatever_their_zone(chassis: Chassis) -> None:
    key_of = chassis("mechanism.dynamodb").key_of
    assert key_of(datetime.fromisoformat("2024-01-01T01:00:00+02:00")) < key_of(
        datetime(2024, 1, 1, tzinfo=UTC)
    )


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_row_that_could_never_be_read_again_is_not_written(
    shop: Project, chassis: Chassis, aws: None
) -> None:
    """DynamoDB has no NOT NULL: what lacks a value is a defect here, and no problem of
    the client.
    """
    repository, domain = (
        import_module(f"functions_shop.inventory.{name}")
        for name in ("repository", "domain")
    )
    import_module("boto3").client("dynamodb").create_table(
        TableName="it-inventory",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )

    async def story() -> None:
        database = chassis("mechanism.dynamodb").Database("it", ["inventory"])
        unit = repository.InventoryUnitOfWork(
            database, chassis("mechanism.no_cache").NoCache(), {}
        )
        product = domain.Product(sku="a", name=None, price=Decimal(1), category="tool")
        unit.products.add(product)
        with pytest.raises(ValueError, match="name") as told:
            await unit.commit()
        assert not isinstance(told.value, chassis("policy.errors").Problem)
        assert await unit.products.get(product.id) is None

    asyncio.run(story())


def test_a_database_that_is_away_is_unavailable(
    chassis: Chassis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    database = chassis("mechanism.dynamodb").Database("local", ["orders"])
    with pytest.raises(chassis("policy.errors").Unavailable):
        asyncio.run(database.ping())
