"""How the tables of a project's modules came about: what they were at first, and a revision for each change.

A migration is never edited: the first one of a module is rendered from what it was at first, and each other from a revision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field as Attribute
from pydantic import JsonValue

from archgen.blueprint.schema import Document, Entity, Module, Reaction, Said

MOST_SLUG = 40  # letters of what a migration's file is called for


class Tables(Document):
    """What the tables of a module are made from."""

    entities: tuple[Entity, ...]
    reactions: tuple[Reaction, ...]
    publishes: bool


class Revision(Document):
    """A change of a module's tables: what its entities are from now on, of those that it changes.

    `name`: of its migration, as alembic knows it; `after`: that of the one before; `file`: what it is called. `fills`:
    what rows that are there get in a new column, by entity.field, where the database has no default for it. `renamed`: of an
    entity, what fields were called and what they are called from now on.
    """

    name: str
    after: str
    file: str
    says: str
    entities: tuple[Entity, ...]
    reactions: tuple[Reaction, ...]
    publishes: bool
    fills: dict[str, JsonValue] = Said(default_factory=dict)
    renamed: dict[str, dict[str, str]] = Said(default_factory=dict)


class History(Document):
    """`revisions`: in order, the oldest first."""

    first: Tables
    revisions: tuple[Revision, ...] = Attribute(min_length=1)


def is_stored_otherwise(before: Module, after: Module) -> bool:
    """Whether the tables of a module are others after a change of it."""
    return bool(_changed(before, after)) or before.publishes != after.publishes


@dataclass(frozen=True, slots=True)
class Migrations:
    """Those that a module has, its owner's among them: the names of all, and of the one that none follows."""

    names: Sequence[str]
    last: str


def list_unsupported(before: Module, after: Module, renamed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What a revision does not change yet, by its dotted name: it adds to what is there and renames it, and does no more."""
    now = {entity.name: entity for entity in after.entities}
    for entity in before.entities:
        place = f"{after.name}.{entity.name}"
        if entity.name not in now:
            yield place
            continue
        old, new = _stored(before, entity), _stored(after, now[entity.name])
        if any(old.get(key) != new.get(key) for key in ("plural", "table", "owned", "audit", "searched", "by_owner")):
            yield place
        names = renamed.get(entity.name, {})
        columns = {column["name"]: column for column in new["fields"]}
        for column in old["fields"]:
            name = names.get(column["name"], column["name"])
            if columns.get(name) != {**column, "name": name}:
                yield f"{place}.{column['name']}"


def add_revision(
    history: History | None,
    before: Module,
    after: Module,
    says: str,
    there: Migrations,
    fills: Mapping[str, JsonValue],
    renamed: Mapping[str, Mapping[str, str]],
) -> History:
    """The history of a module with one revision more, which follows the migrations that are there."""
    number = next(number for number in range(2, 10_000) if f"{after.name}_{number:04}" not in there.names)
    slug = re.sub(r"[^a-z0-9]+", "_", says.lower()).strip("_")[:MOST_SLUG].strip("_")
    revision = Revision(
        name=f"{after.name}_{number:04}",
        after=there.last,
        file=f"{number:04}_{slug}",
        says=says[:1].upper() + says[1:],
        entities=tuple(_changed(before, after)),
        reactions=after.reactions,
        publishes=after.publishes,
        fills=dict(fills),
        renamed={entity: dict(names) for entity, names in renamed.items()},
    )
    if history is None:
        first = Tables(entities=before.entities, reactions=before.reactions, publishes=before.publishes)
        return History(first=first, revisions=(revision,))
    return history.model_copy(update={"revisions": (*history.revisions, revision)})


def _changed(before: Module, after: Module) -> list[Entity]:
    """The entities whose tables are new, or are others than before."""
    was = {entity.name: _stored(before, entity) for entity in before.entities}
    return [entity for entity in after.entities if was.get(entity.name) != _stored(after, entity)]


def _stored(module: Module, entity: Entity) -> Mapping[str, Any]:
    """What of an entity its tables are made from."""
    columns = {"name", "type", "nullable", "unique", "max_length", "scale", "to", "many", "item"}
    found = {field.name for field in entity.fields if field.indexed or (field.to is not None and field.to.local)}
    found |= {
        effect.field
        for reaction in module.reactions
        for effect in reaction.effects
        if effect.entity == entity.name and effect.effect != "unlink"
    }
    return {
        **entity.model_dump(include={"plural", "table", "owned", "unique", "audit"}),
        "searched": bool(entity.search),
        "by_owner": entity.access.read == "owner",
        "fields": [field.model_dump(include=columns) for field in entity.fields],
        "found_by": found.union(entity.filters, entity.sorts),
        "lists": {(*listing.filters, listing.sort) for listing in entity.lists},
    }
