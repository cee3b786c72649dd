"""What becomes of rows that a key-value database keeps when their domain changes: each
is found by keys that were written with it, by the places of its lists.

What rows that are there lack of keys, claims and values is recorded (`behind`), and the
project has a command that brings them up; what no command can bring up is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgen.blueprint.schema import Blueprint, Entity, Field, Listing, Module
from archgen.errors import IncompatibleError, InputError, Mistake

NEWEST_FIRST = Listing(filters=(), sort="id", descending=True)


def bring_along(
    module: Module, before: Module | None, values: Mapping[str, Any]
) -> Module:
    """The module with what is recorded of rows that are there; `values`: what they get
    in new fields, by module.entity.field. InputError: a field that no row may lack has
    none.
    """
    if before is None:
        return module
    was = {entity.name: entity for entity in before.entities}
    entities = tuple(
        _bring_along(module, entity, before, was[entity.name], values)
        if entity.name in was
        else entity
        for entity in module.entities
    )
    return module.model_copy(update={"entities": entities})


def _bring_along(
    module: Module,
    entity: Entity,
    before: Module,
    was: Entity,
    values: Mapping[str, Any],
) -> Entity:
    place = f"{module.name}.{entity.name}"
    had = {one.name: one for one in was.fields}
    fields = tuple(
        one.model_copy(
            update={
                "absent": had[one.name].absent
                if one.name in had
                else _absent(one, values, f"{place}.{one.name}")
            }
        )
        for one in entity.fields
    )
    there, said = find_places(before, was), find_places(module, entity)
    came = [one for one in said if one not in there]
    placed = [*(one for one in there if one in said), *came]
    behind = (
        was.behind
        or bool(came)
        or any(one.absent is not None for one in fields)
        or bool(_rules(entity) - _rules(was))
    )
    return entity.model_copy(
        update={
            "fields": fields,
            "behind": behind,
            "placed": () if placed == said else tuple(placed),
        }
    )


def _absent(one: Field, values: Mapping[str, Any], where: str) -> Any:
    """What rows have in a new field; None where its class says it."""
    if one.many is not None:
        return [] if one.required else None
    made = one.made_from is not None or (one.item is not None and not one.required)
    if one.nullable or made:
        return None
    value = values.get(where, one.default)
    if value is None:
        hint = (
            f"--value {one.values[0] if one.values else 'VALUE'}, or leave required out"
        )
        raise InputError([Mistake(where, "rows that are there need a value", hint)])
    return value if where in values or one.indexed or one.required else None


def _rules(entity: Entity) -> set[tuple[str, ...]]:
    """The fields that no two rows have alike, alone or together."""
    return {*entity.unique, *((one.name,) for one in entity.fields if one.unique)}


def list_behind(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The entities, by dotted name, whose rows lack something since this change."""
    return [
        f"{module['name']}.{entity['name']}"
        for module, entity, was in _both(before, after)
        if entity.get("behind") and _told(entity) != _told(was)
    ]


def _both(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Any]:
    there = {
        (module["name"], entity["name"]): entity
        for module in before["modules"]
        for entity in module["entities"]
    }
    return [
        (module, entity, there[module["name"], entity["name"]])
        for module in after["modules"]
        for entity in module["entities"]
        if (module["name"], entity["name"]) in there
    ]


def _told(entity: Mapping[str, Any]) -> Any:
    """What of an entity its rows are kept by."""
    return (
        [
            (one["name"], one["indexed"], one["unique"], one.get("absent"))
            for one in entity["fields"]
            if one["indexed"] or one["unique"] or one.get("absent") is not None
        ],
        list(entity["lists"]),
        list(entity["unique"]),
    )


def check_keys(before: Mapping[str, Module], blueprint: Blueprint) -> None:
    """Refuse what rows that are there could not be found by any more, could never be
    deleted with, or could not be given.
    """
    for module in blueprint.modules:
        old = before.get(module.name)
        if old is None:
            continue
        now = {entity.name: entity for entity in module.entities}
        for entity in old.entities:
            place = f"{module.name}.{entity.name}"
            after = now.get(entity.name)
            lost = [
                one.name
                for one in entity.fields
                if _counts(one) and not _has(after, one.name)
            ]
            if lost:
                raise IncompatibleError(
                    f"{place}: rows that are there are counted as referring by {', '.join(lost)}, and what they refer to could never be deleted",
                    "make it not required, clear it in all rows, and leave it",
                )
            if after is None:
                continue
            _check_fields(place, entity, after)
            was, is_to_be = find_places(old, entity), find_places(module, after)
            kept = [one for one in was if one in is_to_be]
            if kept != was[: len(kept)]:
                raise IncompatibleError(
                    f"{place}: rows that are there are found by the place of a list among its lists, and some would have another",
                    f"the last of them alone can be removed: {_word(was[-1])}",
                )
            looked_up = find_places(module, after)[_said(after) :]
            if unfound := [
                one.filters[0]
                for one in looked_up
                if one not in was and _has(entity, one.filters[0])
            ]:
                raise IncompatibleError(
                    f"{place}: rows that are there have no key by {', '.join(unfound)}, and what reacts to a deletion would not find them",
                    f"first archgen change field {place}.{unfound[0]} --set indexed=true, deploy that, and make backfill; then this",
                )
        if _most(old) - _most(module) > 1:
            raise IncompatibleError(
                f"{module.name}: its table would have {_most(old) - _most(module)} indexes less, and CloudFormation takes away one at a time",
                "remove one list or indexed field, deploy, and go on",
            )


def _check_fields(place: str, before: Entity, after: Entity) -> None:
    had = {one.name: one for one in before.fields}
    for one in after.fields:
        was = had.get(one.name)
        because, hint = "", "leave it as it is"
        if was is not None and was.nullable and not one.nullable:
            because = "rows that are there may lack it, and are not given a value"
        elif was is None and one.type == "file" and one.required:
            because = "rows that are there would all have one file"
            hint = "leave required out"
        elif was is None and one.unique and not one.nullable:
            because = (
                "all rows that are there would have one value in it, and it is unique"
            )
            hint = "leave required and the default out"
        elif was is None and one.made_from and (one.indexed or one.required):
            because = (
                "rows that are there would have none, since one is made when a row is"
            )
            hint = "leave indexed, unique and required out"
        if because:
            raise IncompatibleError(f"{place}.{one.name}: {because}", hint)


def _counts(one: Field) -> bool:
    """Whether rows of the module are counted as referred to by it."""
    to = one.to if one.many is None else one.many.to
    return to is not None and to.local


def _has(entity: Entity | None, name: str) -> bool:
    return entity is not None and name in {one.name for one in entity.fields}


def _said(entity: Entity) -> int:
    """How many of its places it has by what is said of it, before those that are looked
    up.
    """
    keys = [one for one in entity.fields if one.indexed and one.many is None]
    return 1 + len(keys) + len(entity.lists)


def find_places(module: Module, entity: Entity) -> list[Listing]:
    """The lists by which its rows are found, in the order of the attributes that keep
    their places.
    """
    if entity.placed:
        return list(entity.placed)
    found = [NEWEST_FIRST]
    found += [
        _by(one.name) for one in entity.fields if one.indexed and one.many is None
    ]
    found += entity.lists
    effects = [
        effect
        for reaction in module.reactions
        for effect in reaction.effects
        if effect.effect != "unlink"
    ]
    lookups = [effect.field for effect in effects if effect.entity == entity.name]
    referrers = [
        ref
        for other in module.entities
        for ref in other.referrers
        if ref.entity == entity.name
    ]
    cascades = any(effect.effect == "delete" for effect in effects)
    lookups += [ref.field for ref in referrers if cascades or ref.on_delete is not None]
    found += [_by(name) for name in dict.fromkeys(lookups) if _by(name) not in found]
    return found


def _by(name: str) -> Listing:
    return Listing(filters=(name,), sort="id", descending=True)


def _word(listing: Listing) -> str:
    """As its user says it."""
    if listing.sort == "id" and listing.descending:
        return ",".join(listing.filters) or "the list of all"
    sort = f"-{listing.sort}" if listing.descending else listing.sort
    return ",".join((*listing.filters, sort))


def _most(module: Module) -> int:
    """The indexes of its table, which its entities share."""
    sizes = [
        len(find_places(module, one)) * (2 if one.access.read == "owner" else 1)
        for one in module.entities
    ]
    return max(sizes, default=0)
