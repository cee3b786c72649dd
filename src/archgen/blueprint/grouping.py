"""How many services there are for the teams that own them, and which modules to run
together where that is too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, product

from archgen.blueprint.schema import Blueprint, Module, Ownership

FEWEST = 2  # parts that are services: one of them is a monolith
# what keeps two modules together; who calls waits, who reacts does not
CALL, EVENT = (2, 1)


def check_ownership(blueprint: Blueprint, owned: int) -> Ownership | None:
    """What to say where there are more services than the teams can own; None where
    there are not.

    The grouping that is suggested is None where a single service is already too many:
    that is a monolith.
    """
    if blueprint.template != "microservices" or len(blueprint.parts) <= owned:
        return None
    parts = {part.name: part.modules for part in blueprint.parts}
    grouping = group_parts(parts, blueprint.modules, owned) if owned >= FEWEST else None
    return Ownership(services=len(parts), owned=owned, grouping=grouping)


def group_parts(
    parts: Mapping[str, tuple[str, ...]], modules: Sequence[Module], most: int
) -> dict[str, tuple[str, ...]]:
    """These parts, merged until there are `most`: first those between which most
    crosses, each time the smaller pair of equals.

    What is merged has the name of the part that has more to do with all others.
    """
    coupling = count_coupling(modules)
    sizes = {module.name: 1 + len(module.entities) for module in modules}
    order = [module.name for module in modules]
    ties = {
        name: sum(count for pair, count in coupling.items() if name in pair)
        for name in order
    }
    groups = dict(parts)
    while len(groups) > most:
        worth = {}
        for first, second in combinations(groups, 2):
            between = sum(
                coupling[frozenset(pair)]
                for pair in product(groups[first], groups[second])
            )
            size = sum(sizes[name] for name in (*groups[first], *groups[second]))
            worth[first, second] = between, -size
        first, second = max(worth, key=lambda pair: worth[pair])
        merged = tuple(sorted(groups[first] + groups[second], key=order.index))
        kept = max(
            (first, second), key=lambda part: sum(ties[name] for name in groups[part])
        )
        groups = {
            part: merged if part == kept else inside for part, inside in groups.items()
        }
        del groups[second if kept == first else first]
    return groups


def count_coupling(modules: Sequence[Module]) -> Counter[frozenset[str]]:
    """What crosses between each two modules: calls count double, since who calls waits."""
    coupling: Counter[frozenset[str]] = Counter()
    for module in modules:
        for used in module.uses:
            coupling[frozenset((module.name, used))] += CALL
        for event in module.subscribes:
            coupling[frozenset((module.name, event.partition(".")[0]))] += EVENT
    return coupling
