"""The envelope of events, as the CloudEvents specification has it, and what of it may
change between two releases.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import make_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
import tests.support
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft7Validator, FormatChecker
from tests.support.projects import Project

Chassis = Callable[[str], Any]
# as published with version 1.0 of the specification
SCHEMA = json.loads(
    (Path(tests.support.__file__).parent / "cloudevents.json").read_text()
)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def changed(chassis: Chassis, version: int, **fields: Any) -> Any:
    """A class of events, as one release has it."""
    return make_dataclass(
        "Changed",
        [("order_id", UUID), *fields.items()],
        bases=(chassis("mechanism.events").Event,),
        namespace={
            "type": "orders.order.changed",
            "schema_version": version,
            "__annotations__": {"type": ClassVar[str]},
        },
        frozen=True,
        slots=True,
        kw_only=True,
    )


def test_an_event_is_a_cloudevent_with_its_entity_its_schema_and_its_trace(
    chassis: Chassis,
) -> None:
    order = uuid4()
    event = changed(chassis, 3, lines=tuple[int, ...])(order_id=order, lines=(1, 2))
    body = event.to_cloudevent({"traceparent": PARENT, "tracestate": "a=1"})
    document = json.loads(body)
    Draft7Validator(SCHEMA, format_checker=FormatChecker()).validate(document)
    read = JSONFormat().read(CloudEvent, body)
    assert (read.get_specversion(), read.get_type(), read.get_id()) == (
        "1.0",
        "orders.order.changed",
        str(event.id),
    )
    assert (
        read.get_datacontenttype() == "application/json" and read.get_time() is not None
    )
    assert read.get_subject() == read.get_extension("partitionkey") == str(order)
    assert read.get_dataschema() == "urn:event:orders.order.changed:3"
    assert (read.get_extension("traceparent"), read.get_extension("tracestate")) == (
        PARENT,
        "a=1",
    )
    assert document["data"] == {
        "id": str(event.id),
        "order_id": str(order),
        "lines": [1, 2],
    }


def test_without_a_trace_the_envelope_names_none(chassis: Chassis) -> None:
    document = json.loads(changed(chassis, 1)(order_id=uuid4()).to_cloudevent({}))
    Draft7Validator(SCHEMA, format_checker=FormatChecker()).validate(document)
    assert not {"traceparent", "tracestate"} & document.keys()


def test_a_field_that_a_newer_release_has_added_is_left_out_by_an_older_one(
    chassis: Chassis,
) -> None:
    newer = changed(chassis, 1, reason=str)(order_id=uuid4(), reason="late")
    read, _ = changed(chassis, 1).from_cloudevent(newer.to_cloudevent({}))
    assert (read.id, read.order_id) == (newer.id, newer.order_id)


def test_a_schema_that_is_newer_than_the_handler_s_waits_among_the_dead_letters(
    chassis: Chassis,
) -> None:
    newer = changed(chassis, 2)(order_id=uuid4())
    with pytest.raises(
        chassis("mechanism.errors").Refused, match="has version 2, and 1 is known here"
    ):
        changed(chassis, 1).from_cloudevent(newer.to_cloudevent({}))


@pytest.mark.parametrize("version", ["9" * 5000, "-1", "\u0661", "1.0", ""])
def test_a_version_that_is_no_number_of_ours_is_refused_for_good(
    chassis: Chassis, version: str
) -> None:
    body = changed(chassis, 1)(order_id=uuid4()).to_cloudevent({})
    forged = json.dumps(
        {**json.loads(body), "dataschema": f"urn:event:a.b.c:{version}"}
    ).encode()
    with pytest.raises(chassis("mechanism.errors").Refused):
        changed(chassis, 1).from_cloudevent(forged)


@pytest.mark.parametrize(
    "body",
    [b"", b"not JSON", b"[]", b"{}", b'{"specversion": "0.3"}', b"\xff", b"null"],
)
def test_what_is_no_envelope_is_refused_for_good(chassis: Chassis, body: bytes) -> None:
    with pytest.raises(
        chassis("mechanism.errors").Refused, match="not an event in its envelope"
    ):
        changed(chassis, 1).from_cloudevent(body)


def test_the_outbox_holds_envelopes_which_the_relay_delivers(
    project: Project, chassis: Chassis, url: str
) -> None:
    package = project.folder.name.replace("-", "_")
    repository = import_module(f"{package}.accounts.repository")
    events = import_module(f"{package}.accounts.events")

    heard: list[bytes] = []

    class Handlers:
        def targets(self, kind: str) -> list[str]:
            return ["accounts.one", "accounts.two"]

        async def deliver(self, handler: str, body: bytes) -> None:
            heard.append(body)

    async def story() -> list[str]:
        database = chassis("mechanism.sql").Database(url)
        await import_module(f"{package}.apps.alembic.migrate").upgrade(
            database, ["accounts"]
        )
        outboxes = chassis("mechanism.sql").tables(package, ["accounts"], "outbox")
        relay = chassis("mechanism.outbox").Relay(database, Handlers(), outboxes)
        unit = repository.AccountsUnitOfWork(
            database, chassis("mechanism.memory_cache").MemoryCache(), relay
        )
        unit.publish(
            events.LinkRequested(email="a@example.com", purpose="verify-email")
        )
        await unit.commit()
        async with chassis("mechanism.sql_connection").connected(
            database.module("accounts")
        ) as connection:
            rows = (
                await connection.execute(repository.AccountsUnitOfWork.outbox.select())
            ).all()
        assert await relay.relay_once("accounts") == 2
        assert sum((await relay.metrics()).values()) == 0
        await database.close()
        return [row.body for row in rows]

    bodies = asyncio.run(story())
    assert sorted(heard) == sorted(body.encode() for body in bodies)
    for body in bodies:
        Draft7Validator(SCHEMA, format_checker=FormatChecker()).validate(
            json.loads(body)
        )


def test_a_unit_that_publishes_nothing_needs_no_relay_as_in_the_test_of_a_job(
    project: Project, chassis: Chassis, url: str
) -> None:
    package = project.folder.name.replace("-", "_")
    units = import_module(f"{package}.accounts.repository").AccountsUnitOfWork
    event = uuid4()

    async def story() -> bool:
        database = chassis("mechanism.sql").Database(url)
        await import_module(f"{package}.apps.alembic.migrate").upgrade(
            database, ["accounts"]
        )
        for _ in range(2):
            unit = units(
                database, chassis("mechanism.memory_cache").MemoryCache(), None
            )
            again: bool = await unit.already_processed(event)
            await unit.commit()
        await database.close()
        return again

    assert asyncio.run(story()), "the first was committed"
