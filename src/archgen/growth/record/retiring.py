"""Expand and contract: what is removed or narrower leaves the code first and the
database later, since `make deploy` rolls.

    removed      the code knows it no more. Its column or table is still there, so that
    the version before can run beside: rows
                 that the new code adds have what the database says, uniqueness and
                 foreign keys do not hold any more.
    contracted   no copy of that version runs: column or table are dropped, and with
    them what is in them.

In between it stands as `retired` in the record. A field that takes less is as a field
that is removed in part: rows that are there, and those of the version before, may have
more until it is contracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archgen.blueprint.schema import Blueprint, Entity, Field, Gone, Module
from archgen.errors import IncompatibleError, InputError, Mistake
from archgen.growth.record.stored import as_default, stand_in

OUTBOX = "outbox"
_SIZED = ("string", "email", "url", "slug")  # types whose columns have a length


@dataclass(frozen=True, slots=True)
class Retiring:
    """By dotted name what is `removed` and what is `contracted`; `renamed`: by module
    and entity, what fields are called now. `values`: by dotted name what rows are to
    have that lack a value. What is added to: what rows get where they lack a value
    then, by module and entity.field, `fills` on the way there and `back` on the way
    back.
    """

    removed: frozenset[str]
    contracted: frozenset[str]
    renamed: Mapping[str, Mapping[str, Mapping[str, str]]]
    values: Mapping[str, Any]
    fills: dict[str, dict[str, Any]]
    back: dict[str, dict[str, Any]] = field(default_factory=dict)

    def keep(self, module: Module, before: Module | None) -> Module:
        """The module, with what its tables still have from before. IncompatibleError:
        something new is called like that.
        """
        if before is None:
            return module
        now = {entity.name: entity for entity in module.entities}
        entities = {entity.name: entity for entity in before.entities}
        _check_names(
            module, [entity for entity in before.retired if self._stays(module, entity)]
        )
        retired = [entity for entity in before.retired if self._stays(module, entity)]
        retired += [
            _let_go(entity)
            for entity in before.entities
            if f"{module.name}.{entity.name}" in self.removed
        ]
        outbox = f"{module.name}.{OUTBOX}" not in self.contracted and (
            before.publishes or before.keeps_outbox
        )
        return module.model_copy(
            update={
                "entities": tuple(
                    self._keep_columns(module.name, entity, entities[name])
                    if name in entities
                    else entity
                    for name, entity in now.items()
                ),
                "retired": tuple(retired),
                "keeps_outbox": outbox and not module.publishes,
            }
        )

    def _stays(self, module: Module, entity: Entity) -> bool:
        return f"{module.name}.{entity.name}" not in self.contracted

    def _keep_columns(self, module: str, entity: Entity, before: Entity) -> Entity:
        place = f"{module}.{entity.name}"
        retired = [
            one
            for one in before.retired
            if f"{place}.{one.name}" not in self.contracted
        ]
        for one in retired:
            if one.name in {other.name for other in entity.fields}:
                raise _waits(f"{place}.{one.name}")
        for one in before.fields:
            if f"{place}.{one.name}" in self.removed:
                kept, filled = _retire(one)
                retired.append(kept)
                if filled is not None:
                    self.back.setdefault(module, {})[f"{entity.name}.{one.name}"] = (
                        filled
                    )
        names = self.renamed.get(module, {}).get(entity.name, {})
        had = {names.get(one.name, one.name): one for one in before.fields}
        fields = [
            self._keep_width(module, entity.name, one, had[one.name])
            if one.name in had
            else one
            for one in entity.fields
        ]
        return entity.model_copy(
            update={"retired": tuple(retired), "fields": tuple(fields)}
        )

    def _keep_width(self, module: str, entity: str, one: Field, before: Field) -> Field:
        """The field, with what its column still takes and the code does not any more."""
        place = f"{module}.{entity}.{one.name}"
        dropped = place in self.contracted
        length = before.kept_length or before.max_length
        narrower = (
            one.type in _SIZED
            and length is not None
            and one.max_length is not None
            and length > one.max_length
        )
        lacking = None
        if (
            (before.nullable or before.lacking is not None)
            and not one.nullable
            and one.many is None
        ):
            lacking = self.values.get(
                place, before.lacking if before.lacking is not None else one.default
            )
            if lacking is None:
                hint = f"--value {one.values[0] if one.values else 'VALUE'}"
                raise InputError(
                    [
                        Mistake(
                            place,
                            "rows that are there may lack it, and need a value",
                            hint,
                        )
                    ]
                )
            if dropped:
                self.fills.setdefault(module, {})[f"{entity}.{one.name}"] = lacking
        kept = {"kept_length": length if narrower else None, "lacking": lacking}
        return one if dropped or not any(kept.values()) else one.model_copy(update=kept)


def list_gone(
    record: Mapping[str, Any],
    before: Mapping[str, Module],
    blueprint: Blueprint,
    contracted: frozenset[str],
) -> dict[str, Gone]:
    """The modules that were removed and left tables in a database that is still used,
    by name.

    IncompatibleError: one is to come again, and the tables of the former are still
    there.
    """
    now = {module.name for module in blueprint.modules}
    parts = {part.name for part in blueprint.parts}
    shared = blueprint.template == "serverless"  # one database of all parts
    gone = {
        name: Gone.model_validate(said) for name, said in record.get("gone", {}).items()
    }
    left = {name: module for name, module in before.items() if name not in now}
    gone |= {
        name: Gone(part=module.part, stored_as=module.stored_as)
        for name, module in left.items()
        if shared or module.part in parts
    }
    kept = {module.kept_under for module in blueprint.modules}
    for name in [
        name
        for name, one in gone.items()
        if name in now or (one.stored_as or name) in kept
    ]:
        if not gone.pop(name).dropped:
            raise _waits(name)
    return {
        name: one.model_copy(update={"dropped": one.dropped or name in contracted})
        for name, one in gone.items()
    }


def list_waiting(record: Mapping[str, Any]) -> Iterator[str]:
    """What was removed and waits to be dropped, or became narrower and is not yet so in
    the database, by dotted name.
    """
    for module in record["modules"]:
        for entity in module["entities"]:
            narrower = [
                one
                for one in entity["fields"]
                if one.keys() & {"kept_length", "lacking"}
            ]
            for one in (*entity.get("retired", ()), *narrower):
                yield f"{module['name']}.{entity['name']}.{one['name']}"
        for entity in module.get("retired", ()):
            yield f"{module['name']}.{entity['name']}"
        if module.get("keeps_outbox"):
            yield f"{module['name']}.{OUTBOX}"
    for name, said in record.get("gone", {}).items():
        if not said["dropped"]:
            yield name


def list_unreadable(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The fields that were removed and that rows of the new code lack, though the
    version before reads none without, by dotted name.
    """
    needed = {
        f"{module['name']}.{entity['name']}.{one['name']}"
        for module in before["modules"]
        for entity in module["entities"]
        for one in entity["fields"]
        if not one["nullable"] and not one.get("many")
    }
    return [
        f"{module['name']}.{entity['name']}.{one['name']}"
        for module in after["modules"]
        for entity in module["entities"]
        for one in entity.get("retired", ())
        if one["nullable"]
        and f"{module['name']}.{entity['name']}.{one['name']}" in needed
    ]


def _retire(one: Field) -> tuple[Field, Any]:
    """The column of a field that no code knows any more, and what rows get in it that
    lack it when it is known again.
    """
    if one.many is not None:
        return _free(one), None
    value = None if one.nullable else stand_in(one)
    stored = (
        one.stored
        if one.stored is not None
        else None
        if value is None
        else as_default(one, value)
    )
    nullable = one.nullable or stored is None
    loose = {
        "required": False,
        "unique": False,
        "indexed": False,
        "nullable": nullable,
        "stored": stored,
    }
    return _free(one).model_copy(update=loose), value if nullable else None


def _let_go(entity: Entity) -> Entity:
    """The table of an entity that no code knows any more: what it refers to may go."""
    columns = {
        "fields": tuple(map(_free, entity.fields)),
        "retired": tuple(map(_free, entity.retired)),
    }
    return entity.model_copy(
        update={**columns, "publishes": (), "referrers": (), "linkers": (), "sides": ()}
    )


def _free(one: Field) -> Field:
    """The field, whose rows are not held to what they refer to."""
    if one.many is not None:
        to = one.many.to.model_copy(update={"local": False})
        return one.model_copy(update={"many": one.many.model_copy(update={"to": to})})
    return one.model_copy(update={"to": None})


def _check_names(module: Module, retired: Sequence[Entity]) -> None:
    tables = {entity.table or entity.plural for entity in module.entities}
    names = {entity.name for entity in module.entities}
    for entity in retired:
        if entity.name in names or (entity.table or entity.plural) in tables:
            raise _waits(f"{module.name}.{entity.name}")


def _waits(place: str) -> IncompatibleError:
    return IncompatibleError(
        f"{place} was removed, and what was in it is still there",
        f"archgen contract {place} drops it; or give another name",
    )
