"""How many of the samples are tried: all of them, or with `ARCHGEN_SAMPLES=few`, as
`LONG=no` has it, those that stand for the others.

Where one must choose, `samples` names them. Where one is as good as another,
`@pytest.mark.few(3)` leaves three of a test's cases, spread evenly over all; and what is
drawn or repeated asks `times`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import pytest

FEW = os.environ.get("ARCHGEN_SAMPLES") == "few"

Sample = TypeVar("Sample")


def samples(everything: Sequence[Sample], few: Sequence[Sample]) -> Sequence[Sample]:
    assert all(sample in everything for sample in few)
    return few if FEW else everything


def times(usual: int, few: int, variable: str) -> int:
    """How often, which the environment variable of that name decides if it is set."""
    return int(os.environ.get(variable, few if FEW else usual))


def choose_few(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests that are run and those that are left out, by their marks."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    left: list[pytest.Item] = []
    for item in items:
        if item.get_closest_marker("few") is not None:
            cases[item.nodeid.partition("[")[0]].append(item)
    for group in cases.values():
        count = _count(group[0])
        kept = {
            number * (len(group) - 1) // max(count - 1, 1) for number in range(count)
        }
        left += [item for place, item in enumerate(group) if place not in kept]
    gone = set(left)
    return [item for item in items if item not in gone], left


def _count(item: pytest.Item) -> int:
    mark = item.get_closest_marker("few")
    assert mark is not None
    (count,) = mark.args
    assert isinstance(count, int) and count > 0, item.nodeid
    return count
