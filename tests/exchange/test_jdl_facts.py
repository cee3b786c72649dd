"""What `bench/expressed.py` looks for is all that a file states, counted by a parser of
its own.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bench.jdl_facts import facts

EVERYTHING = Path(__file__).with_name("everything.jdl").read_text(encoding="utf-8")


def test_every_kind_of_fact_is_counted_with_its_line() -> None:
    found = facts(EVERYTHING)
    assert Counter(fact.kind for fact in found) == {
        "entity": 5,
        "field": 22,
        "required": 6,
        "unique": 1,
        "min": 3,
        "max": 1,
        "minlength": 1,
        "maxlength": 1,
        "maxbytes": 1,
        "pattern": 1,
        "labels": 1,
        "relation": 11,
        "relation required": 5,
        "paginate": 3,
        "search": 1,
        "filter": 1,
        "readOnly": 1,
        "microservice": 1,
        "audit": 1,
    }
    lines = EVERYTHING.splitlines()
    assert all(
        fact.name in lines[fact.line - 1] for fact in found if fact.kind == "field"
    )
