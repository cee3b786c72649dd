"""Projects in which every two options meet once (of few samples: in which each is
there), with their own check and test.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import pytest
from tests.support.projects import new
from tests.support.samples import samples

from archgen.blueprint.schema import TEMPLATES
from archgen.options import offered

pytestmark = [pytest.mark.samples, pytest.mark.timeout(900)]
Choice = dict[str, str]


def every_choice() -> Iterator[Choice]:
    for template in TEMPLATES:
        keys, values = zip(*offered(template).items(), strict=True)
        for chosen in product(*values):
            yield {"architecture": template, **dict(zip(keys, chosen, strict=True))}


def pairs(choice: Choice) -> set[tuple[tuple[str, str], ...]]:
    return set(combinations(sorted(choice.items()), 2))


def pairwise() -> list[Choice]:
    """Few choices that hold every pair that any choice holds: each time the one with
    the most that are yet to come.
    """
    left, taken = list(every_choice()), list[Choice]()
    missing = {pair for choice in left for pair in pairs(choice)}
    while missing:
        best = max(left, key=lambda choice: len(pairs(choice) & missing))
        taken.append(best)
        missing -= pairs(best)
    return taken


def covering(choices: list[Choice]) -> list[Choice]:
    """Few of them that hold each value that any holds."""
    left, taken = list(choices), list[Choice]()
    missing = {value for choice in left for value in choice.items()}
    while missing:
        best = max(left, key=lambda choice: len(set(choice.items()) & missing))
        taken.append(best)
        missing -= set(best.items())
    return taken


def named(choice: Choice) -> str:
    return "-".join(
        value
        for key, value in choice.items()
        if key in ("architecture", "auth", "cache", "observability")
    )


def test_every_two_options_that_go_together_meet() -> None:
    together = {pair for choice in pairwise() for pair in pairs(choice)}
    assert together == {pair for choice in every_choice() for pair in pairs(choice)}


@pytest.mark.few(3)
@pytest.mark.parametrize("choice", samples(pairwise(), covering(pairwise())), ids=named)
def test_a_project_of_these_options_passes_its_own_checks(
    choice: Choice, tmp_path: Path
) -> None:
    # with accounts elsewhere and nothing that is told, a broker has nothing to carry
    preset = (
        "crud"
        if choice["auth"] == "oidc" and choice["broker"] == "none"
        else "ecommerce"
    )
    stack = [
        part
        for key, value in choice.items()
        if key != "architecture"
        for part in ("--set", f"stack.{key}={value}")
    ]
    project = new(
        tmp_path,
        "shop",
        "--preset",
        preset,
        "--architecture",
        choice["architecture"],
        *stack,
    )
    project.make("check")
    project.make("test")
