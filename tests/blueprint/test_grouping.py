"""Services and their owners: when there are too many, and which modules run together
instead.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.blueprint.test_build import design
from tests.strategies import domains

from archgen.blueprint.grouping import check_ownership, count_coupling, group_parts


def test_as_many_services_as_the_teams_can_own_need_no_word() -> None:
    assert check_ownership(design("microservices", preset="ecommerce"), 4) is None


@pytest.mark.parametrize("architecture", ["monolith", "serverless"])
def test_what_is_no_service_needs_no_owner_of_its_own(architecture: str) -> None:
    assert check_ownership(design(architecture, preset="ecommerce"), 1) is None


def test_what_calls_and_answers_each_other_most_runs_together() -> None:
    ownership = check_ownership(design("microservices", preset="ecommerce"), 3)
    assert ownership is not None and ownership.services == 4
    assert ownership.grouping == {
        "accounts": ("accounts",),
        "orders": ("inventory", "orders"),
        "payments": ("payments",),
    }


def test_one_service_is_a_monolith_and_no_grouping() -> None:
    ownership = check_ownership(design("microservices", preset="ecommerce"), 1)
    assert ownership is not None and ownership.grouping is None


@given(modules=domains(in_sql=True), most=st.integers(2, 4))
def test_any_domain_is_grouped_into_parts_that_the_answers_take(
    modules: dict[str, Any], most: int
) -> None:
    blueprint = design("microservices", modules=modules)
    parts = {part.name: part.modules for part in blueprint.parts}
    grouping = group_parts(parts, blueprint.modules, most)
    assert len(grouping) == min(most, len(parts))
    assert sorted(name for inside in grouping.values() for name in inside) == sorted(
        module.name for module in blueprint.modules
    )
    again = design(
        "microservices",
        modules=modules,
        parts={part: list(inside) for part, inside in grouping.items()},
    )
    assert {part.name: part.modules for part in again.parts} == grouping


def test_coupling_counts_a_call_double() -> None:
    coupling = count_coupling(design("microservices", preset="ecommerce").modules)
    assert (
        coupling[frozenset(("orders", "inventory"))]
        > coupling[frozenset(("orders", "payments"))]
        > 0
    )
    assert coupling[frozenset(("accounts", "orders"))] == 0
