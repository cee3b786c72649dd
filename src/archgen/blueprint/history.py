"""How the tables of a project's modules came about: what they were at first, and a
revision for each change.

A migration is never edited: the first one of a module is rendered from what it was at
first, and each other from a revision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from pydantic import JsonValue

from archgen.blueprint.schema import (
    Document,
    Entity,
    Field,
    Module,
    Reaction,
    Said,
    Target,
)

MOST_SLUG = 40  # letters of what a migration's file is called for
# what one is made from
_COLUMN = {
    "name",
    "type",
    "nullable",
    "unique",
    "max_length",
    "scale",
    "to",
    "many",
    "item",
}


class Tables(Document):
    """What the tables of a module are made from."""

    entities: tuple[Entity, ...]
    reactions: tuple[Reaction, ...]
    publishes: bool


class Revision(Document):
    """A change of a module's tables: what its entities are from now on, of those that
    it changes.

    `name`: of its migration, as alembic knows it; `after`: that of the one before;
    `file`: what it is called. `fills`: what rows that are there get in a new column, by
    entity.field, where the database has no default for it; `back`: the same on the way
    back, of those that lack one then. `renamed`: of an entity, what fields were called
    and what they are called from now on. `gone`: the entities whose tables are dropped.
    """

    name: str
    after: str
    file: str
    says: str
    entities: tuple[Entity, ...]
    reactions: tuple[Reaction, ...]
    publishes: bool
    fills: dict[str, JsonValue] = Said(default_factory=dict)
    back: dict[str, JsonValue] = Said(default_factory=dict)
    gone: tuple[str, ...] = Said(default=())
    renamed: dict[str, dict[str, str]] = Said(default_factory=dict)


class History(Document):
    """`revisions`: in order, the oldest first; none yet while another database has the
    rows, and what tables were is to be remembered.
    """

    first: Tables
    revisions: tuple[Revision, ...]


def begin(module: Module) -> History:
    """That of a module whose tables are what they were at first."""
    first = Tables(
        entities=module.entities,
        reactions=module.reactions,
        publishes=has_outbox(module),
    )
    return History(first=first, revisions=())


def is_stored_otherwise(before: Module, after: Module) -> bool:
    """Whether the tables of a module are others after a change of it."""
    return bool(_changed(before, after) or _gone(before, after)) or has_outbox(
        before
    ) != has_outbox(after)


def is_made_otherwise(before: Module, after: Module) -> bool:
    """Whether a first migration of what the code knows would read otherwise, though the
    tables are the same: what left the code is still there.
    """
    return _made(before) != _made(after)


def _made(module: Module) -> list[Any]:
    """What a first migration makes, in its order."""
    tables = [
        (
            entity.name,
            [one.name for one in entity.fields],
            entity.lists,
            entity.unique,
            entity.filters,
            entity.sorts,
        )
        for entity in module.entities
    ]
    return [tables, module.publishes]


def has_outbox(module: Module) -> bool:
    """Whether its tables have one, used or not."""
    return module.publishes or module.keeps_outbox


@dataclass(frozen=True, slots=True)
class Migrations:
    """Those that a module has, its owner's among them: the names of all, and of the one
    that none follows.
    """

    names: Sequence[str]
    last: str


def list_unsupported(
    before: Module, after: Module, renamed: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """What is there and is to be gone or otherwise, by its dotted name; a revision
    adds, renames, and does the rest only where that is meant.
    """
    now = {entity.name: entity for entity in after.entities}
    for entity in before.entities:
        place = f"{after.name}.{entity.name}"
        if entity.name not in now:
            yield place
            continue
        old, new = _stored(before, entity), _stored(after, now[entity.name])
        if any(
            old.get(key) != new.get(key)
            for key in ("table", "owned", "audit", "searched", "by_owner")
        ):
            yield place
        names = renamed.get(entity.name, {})
        # what the database has in rows whose writer does not know a field is settled
        # later
        columns = {
            column["name"]: column
            for column in _columns(now[entity.name].fields, _COLUMN)
        }
        for column in _columns(entity.fields, _COLUMN):
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
    back: Mapping[str, JsonValue],
) -> History:
    """The history of a module with one revision more, which follows the migrations that
    are there.
    """
    name = after.kept_under
    # a name that was taken is never given again, also where its migration is gone:
    # databases know it as done
    taken = {
        *there.names,
        *(one.name for one in (history.revisions if history else ())),
    }
    number = next(
        number for number in range(2, 10_000) if f"{name}_{number:04}" not in taken
    )
    slug = re.sub(r"[^a-z0-9]+", "_", says.lower()).strip("_")[:MOST_SLUG].strip("_")
    revision = Revision(
        name=f"{name}_{number:04}",
        after=there.last,
        file=f"{number:04}_{slug}",
        says=says[:1].upper() + says[1:],
        entities=tuple(_changed(before, after)),
        reactions=after.reactions,
        publishes=has_outbox(after),
        fills=dict(fills),
        back=dict(back),
        gone=tuple(_gone(before, after)),
        renamed={entity: dict(names) for entity, names in renamed.items()},
    )
    history = history or begin(before)
    return history.model_copy(update={"revisions": (*history.revisions, revision)})


def _changed(before: Module, after: Module) -> list[Entity]:
    """The entities whose tables are new, or are others than before."""
    was = {entity.name: _stored(before, entity) for entity in _kept(before)}
    return [
        entity
        for entity in _kept(after)
        if was.get(entity.name) != _stored(after, entity)
    ]


def _gone(before: Module, after: Module) -> list[str]:
    """The entities whose tables are there no more."""
    there = {entity.name for entity in _kept(after)}
    return [entity.name for entity in _kept(before) if entity.name not in there]


def _kept(module: Module) -> tuple[Entity, ...]:
    """The entities that have tables, known to the code or not."""
    return (*module.entities, *module.retired)


def _columns(fields: Sequence[Field], what: set[str]) -> list[dict[str, Any]]:
    return [
        {
            **field.model_dump(include=what - {"to", "many"}),
            "to": field.to and _stored_target(field.to),
            "many": field.many and (_stored_target(field.many.to), field.many.ordered),
        }
        for field in fields
    ]


def _stored_target(to: Target) -> tuple[str, str, bool]:
    """What of a reference its column is made from."""
    return to.module, to.table or to.plural, to.local


def _as_stored(field: Field) -> Field:
    """The field as its column is, which may take more than the code does."""
    wider = {
        "max_length": field.kept_length or field.max_length,
        "nullable": field.nullable or field.lacking is not None,
    }
    return field.model_copy(update=wider)


def _stored(module: Module, entity: Entity) -> Mapping[str, Any]:
    """What of an entity its tables are made from."""
    found = {
        field.name
        for field in entity.fields
        if field.indexed or (field.to is not None and field.to.local)
    }
    found |= {
        effect.field
        for reaction in module.reactions
        for effect in reaction.effects
        if effect.entity == entity.name and effect.effect != "unlink"
    }
    return {
        **entity.model_dump(include={"owned", "unique", "audit"}),
        "table": entity.table or entity.plural,
        "searched": bool(entity.search),
        "by_owner": entity.access.read == "owner",
        "fields": sorted(
            _columns(
                [*map(_as_stored, entity.fields), *entity.retired], {*_COLUMN, "stored"}
            ),
            key=itemgetter("name"),
        ),
        "found_by": found.union(entity.filters, entity.sorts),
        "lists": {(*listing.filters, listing.sort) for listing in entity.lists},
    }
