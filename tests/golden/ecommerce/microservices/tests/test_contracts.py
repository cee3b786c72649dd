"""What modules tell each other grows, and nothing that an older version sends or reads
is taken from it.
"""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import httpx2 as httpx

from shop.chassis.mechanism.client import Client
from shop.contracts.inventory_http import InventoryClient
from shop.local import contracts

ADVICE = """An older version would not understand this one, or the other way round: put it back as it was, and add a field that may
be missing, a method or an event beside it. What nobody uses any more may go: `make release-contracts` writes the form that holds from then on."""


def test_contracts_and_events_are_as_they_were_released_or_more() -> None:
    wrong = contracts.broken()
    assert not wrong, "\n".join([*wrong, ADVICE])


def test_fields_that_a_newer_version_sends_are_passed_over() -> None:
    """So no contract refuses what it does not know."""
    found = contracts.contracts()
    assert any(found.values())
    assert '"additionalProperties": false' not in json.dumps(found)


def test_an_answer_of_a_newer_version_is_read() -> None:
    product = {"id": str(uuid4()), "name": "hammer", "price": "19.99", "colour": "red"}
    newer = httpx.MockTransport(lambda _: httpx.Response(200, json=[product]))
    client = InventoryClient(Client("inventory", "http://inventory", transport=newer))
    (found,) = asyncio.run(client.products([uuid4()]))
    assert str(found.id) == product["id"]
