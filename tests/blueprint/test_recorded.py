"""A record that people have edited is told of by the place where it is none, and
nothing is made of it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.blueprint.recorded import read_recorded
from archgen.errors import ArchgenError
from archgen.pipeline import make_plan


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return make_plan(
        resolve(
            [
                from_record(
                    {"name": "lib", "architecture": "monolith", "preset": "ecommerce"}
                )
            ]
        )
    ).record


def put(key: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.update({key: value})


@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (lambda record: record.pop("stack"), "stack"),
        (put("stack", []), "stack"),
        (put("extras", None), "extras"),
        (put("modules", None), "modules"),
        (put("modules", []), "modules"),
        (lambda record: record["modules"][0].update(zzz=1), "modules.0.zzz"),
        (put("slo", "high"), "slo"),
        (put("gone", [1]), "gone"),
        (put("history", {"inventory": 1}), "history"),
        (put("history", [1]), "history"),
        (put("answers", None), "answers"),
        (lambda record: record.pop("requirements"), "requirements"),
        (put("recommendation", {}), "recommendation.architecture"),
        (put("evolutions", [{"file": "0002-architecture"}]), "evolutions.0.asked"),
    ],
)
def test_what_is_missing_or_something_else_is_told_with_its_place(
    record: dict[str, Any], break_it: Callable[[dict[str, Any]], object], place: str
) -> None:
    edited = deepcopy(record)
    break_it(edited)
    with pytest.raises(
        ArchgenError, match=f"^archgen.yaml is no record of archgen .*: {place}: "
    ) as told:
        read_recorded(edited)
    assert (told.value.hint or "").startswith("restore it from git")


def test_a_key_of_its_owner_is_left_alone_unless_another_version_may_have_written_it(
    record: dict[str, Any],
) -> None:
    edited = {**record, "owner": "platform team"}
    assert read_recorded(edited) == read_recorded(record)
    with pytest.raises(ArchgenError, match="owner: extra inputs"):
        read_recorded(edited, strict=True)
