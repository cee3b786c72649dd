"""Which module each entity goes to.

Where services are named, each is a module, and what belongs to none goes to the
gateway's. Else all entities are one module, `core`, up to 40 of them. More are grouped:
five entities or more that relations connect are a module, named after the one that has
most of these; all others are `core`. A group of more than a module takes is cut,
relation by relation from its first entity on.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

from archgen.domain.schema import MODULE_MOST, MODULES_MOST
from archgen.exchange.model import SourceDomain

CORE = "core"
ONE_MODULE = 40  # entities: as many as one reads through
CONNECTED = 5  # entities: fewer are no module of their own


def group(domain: SourceDomain, entities: Sequence[str]) -> dict[str, list[str]]:
    """The entities of each module, by the name of a service, of the system, or of an
    entity; none has too many.
    """
    services: dict[str, list[str]] = {name: [] for name in domain.groups}
    free = []
    for name in entities:
        services.setdefault(domain.entities[name].group or "", [])
        if domain.entities[name].group:
            services[domain.entities[name].group or ""].append(name)
        else:
            free.append(name)
    services.pop("", None)
    links = _links(domain)
    found = {name: inside for name, inside in services.items() if inside}
    whole = (domain.name or CORE) if found else CORE
    if free and (found or len(free) <= ONE_MODULE):
        found.setdefault(whole, []).extend(free)
    elif free:
        found |= _by_links(free, links, whole)
    return {
        name: piece
        for whole, inside in found.items()
        for name, piece in _cut(whole, inside, links)
    }


def _links(domain: SourceDomain) -> dict[str, list[str]]:
    links: dict[str, list[str]] = defaultdict(list)
    for relation in domain.relations:
        first, second = relation.source.entity, relation.target.entity
        if first != second and first in domain.entities and second in domain.entities:
            links[first].append(second)
            links[second].append(first)
    return links


def _by_links(
    entities: Sequence[str], links: Mapping[str, list[str]], whole: str
) -> dict[str, list[str]]:
    components: list[list[str]] = []
    seen: set[str] = set()
    for start in entities:
        if start not in seen:
            component = _reach(start, links, set(entities))
            seen |= set(component)
            components.append(sorted(component, key=list(entities).index))
    alone = [
        name
        for component in components
        if len(component) < CONNECTED
        for name in component
    ]
    connected = sorted(
        (c for c in components if len(c) >= CONNECTED), key=len, reverse=True
    )
    connected, few = connected[: MODULES_MOST // 2], connected[MODULES_MOST // 2 :]
    alone += [name for component in few for name in component]
    degrees = Counter({name: len(links[name]) for name in entities if name in links})
    found = {
        max(component, key=lambda name: degrees[name]): component
        for component in connected
    }
    return {**found, **({whole: alone} if alone else {})}


def _reach(start: str, links: Mapping[str, list[str]], within: set[str]) -> list[str]:
    found, waiting = [start], deque([start])
    seen = {start}
    while waiting:
        for other in links.get(waiting.popleft(), ()):
            if other in within and other not in seen:
                seen.add(other)
                found.append(other)
                waiting.append(other)
    return found


def _cut(
    name: str, entities: list[str], links: Mapping[str, list[str]]
) -> Iterable[tuple[str, list[str]]]:
    if len(entities) <= MODULE_MOST:
        yield name, entities
        return
    left = set(entities)
    order: list[str] = []
    for start in entities:
        if start in left:
            reached = _reach(start, links, left)
            order += reached
            left -= set(reached)
    for index in range(0, len(order), MODULE_MOST):
        yield (
            (name if index == 0 else f"{name}_{index // MODULE_MOST + 1}"),
            order[index : index + MODULE_MOST],
        )
