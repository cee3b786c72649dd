"""Circles of references: rows that refer to each other, over however many entities."""

from __future__ import annotations

from collections.abc import Callable

from archgen.domain.schema import Domain, DomainModule, FieldSpec


def is_checked(
    domain: Domain, module: DomainModule, entity: str, field: FieldSpec
) -> bool:
    """Whether a reference to another module is looked up before it is written, where
    both run in one part.

    Not in a circle of required ones, where the first row refers to what is not there
    yet.
    """
    owner = str(field.to).partition(".")[0]
    if owner == module.name:
        return False

    def needed(path: str) -> list[str]:
        owner, _, name = path.partition(".")
        fields = domain[owner].spec.entities[name].fields.values()
        return [str(one.to) for one in fields if one.to is not None and one.needed]

    here = f"{module.name}.{entity}"
    return not (field.needed and here in _reached(str(field.to), needed))


def is_circular(module: DomainModule, entity: str, field: FieldSpec) -> bool:
    """Whether a reference leads on to an entity of the module that is written down
    later, and from there back: which of their tables comes first cannot be said
    without taking its foreign key out.
    """
    owner, _, to = str(field.to).partition(".")
    entities = list(module.spec.entities)
    if owner != module.name or entities.index(to) <= entities.index(entity):
        return False

    def within(path: str) -> list[str]:
        name = path.partition(".")[2]
        fields = module.spec.entities[name].fields.values()
        to = [str(one.to) for one in fields if one.type == "reference"]
        return [path for path in to if path.startswith(f"{module.name}.")]

    return f"{module.name}.{entity}" in _reached(str(field.to), within)


def _reached(start: str, following: Callable[[str], list[str]]) -> set[str]:
    """The entities (`module.entity`) that one comes to from `start`, itself included."""
    found: set[str] = set()
    left = [start]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += following(path)
    return found
