"""What modules tell each other grows, and nothing that an older version sends or reads
is taken from it.
"""

from __future__ import annotations

import json

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
