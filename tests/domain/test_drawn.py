"""The random domains draw from all of the language: what there are words for stands in
the schema, and each is drawn.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.strategies import domains
from tests.support.words import list_words, said_words

MOST = 3000  # domains that are drawn; some three hundred say all


class Enough(Exception):
    """All has been drawn."""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_random_domains_draw_from_all_of_the_language() -> None:
    """Every type with each key that it takes, every key of an entity and a module,
    every kind of relation and list.
    """
    # `archgen rename module` writes it, and has tests of its own
    missing = {*list_words()} - {"module stored_as"}

    @settings(max_examples=MOST, database=None, phases=[Phase.generate], deadline=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(domains(in_sql=True, with_files=True, max_entities=4, max_fields=8))
    def collect(modules: dict[str, Any]) -> None:
        missing.difference_update(said_words(modules))
        if not missing:
            raise Enough

    with suppress(Enough):
        collect()
    assert sorted(missing) == []
