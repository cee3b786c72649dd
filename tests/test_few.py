"""Where few cases of many are asked for, each test that is left has its own number of
them.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from tests.support.samples import choose_few


class Item:
    def __init__(self, nodeid: str, *marks: int) -> None:
        self.nodeid = nodeid
        self.marks = marks

    def get_closest_marker(self, name: str) -> Any:
        assert name == "few"
        return pytest.mark.few(*self.marks).mark if self.marks else None


@pytest.mark.parametrize(
    ("cases", "count", "kept"),
    [
        (1, 1, [0]),
        (3, 1, [0]),
        (3, 2, [0, 2]),
        (9, 3, [0, 4, 8]),
        (2, 5, [0, 1]),
        (150, 30, None),
    ],
)
def test_so_many_cases_are_left_as_the_mark_says_spread_over_all(
    cases: int, count: int, kept: list[int] | None
) -> None:
    marked = [Item(f"test_it.py::test_it[{case}]", count) for case in range(cases)]
    plain = Item("test_it.py::test_other")
    chosen, left = choose_few(cast("list[pytest.Item]", [*marked, plain]))
    places = [item.nodeid.split("[")[1][:-1] for item in chosen[:-1]]
    assert len(chosen) == min(cases, count) + 1
    assert chosen[-1] is cast("pytest.Item", plain)
    assert len(chosen) + len(left) == cases + 1
    if kept is not None:
        assert places == [str(place) for place in kept]
