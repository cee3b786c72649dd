"""Names of indexes and constraints: PostgreSQL takes them as they are, and no two of a module are the same."""

from __future__ import annotations

import re
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import preview
from archgen.pipeline import make_plan

LONG = "shipping_address_region"
FIELDS = {f"{LONG}{n}_code": {"type": "string", "max_length": 9, "indexed": True} for n in range(3)}
NAMES = list(FIELDS)


@pytest.mark.parametrize("read", ["user", "owner"])
def test_shortened_names_are_taken_by_postgresql_and_are_all_different(read: str) -> None:
    entity: dict[str, Any] = {
        "plural": "people",
        "access": {"read": read, "write": read},
        "lists": [[NAMES[0], NAMES[1]], [NAMES[0], NAMES[2]], [NAMES[1], NAMES[2]]],
        "fields": {
            **{name: {**content, "unique": True} for name, content in FIELDS.items()},
            "parent_of_a_shipping_address1": {"type": "reference", "to": "crm.person"},
            f"others_of_{LONG}": {"type": "references", "to": "crm.person"},
        },
    }
    answers = {"name": "long-names", "architecture": "monolith", "modules": {"crm": {"entities": {"person": entity}}}}
    files = dict(preview(make_plan(resolve([from_record(answers)])).record))
    named = [
        re.findall(r'"((?:ix|uq|fk)_people\w*)"', files[f"src/long_names/crm/{path}"].decode())
        for path in ("repository.py", "migrations/0001_initial.py")
    ]
    assert sorted(named[0]) == sorted(named[1])
    assert len(set(named[0])) == len(named[0]) >= 11
    assert max(map(len, named[0])) <= 63
