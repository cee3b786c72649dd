"""The record of a project whose answers have changed: another domain, on all that was
decided before.

What the advice would be by now is `archgen recommend`'s to say: architecture, stack and
extras stay as they were recorded, those apart that the answers now name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from archgen.answers.sources import from_flags, from_record
from archgen.blueprint.history import (
    History,
    Migrations,
    add_revision,
    begin,
    is_made_otherwise,
    is_stored_otherwise,
    list_unsupported,
)
from archgen.blueprint.schema import Blueprint, Entity, Field, Module
from archgen.domain.field_values import Unfit, normal
from archgen.domain.presets import PRESETS
from archgen.errors import IncompatibleError, InputError, Mistake
from archgen.generator.record import change_record
from archgen.growth.record.called import call_in
from archgen.growth.record.key_value import bring_along, check_keys
from archgen.growth.record.moved import rename_history, rename_in
from archgen.growth.record.retiring import Retiring, list_gone
from archgen.growth.record.stored import as_default
from archgen.options import extras, provided
from archgen.pipeline import advise, build, resolve

# module -> entity -> what a field is called, and what it is to be called
Renamed = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`answers` of a project, changed; `says`: what changes, as a migration tells it.
    `values`: what rows that are there get, by module.entity.field. `renamed`: by the
    same, fields that are there and what they are to be called; `moved`: entities, by
    module.entity. `removed`: modules, entities and fields that are to be there no more;
    `changed`: fields that are to be otherwise; `contracted`: what was removed before,
    or became narrower, and is to be so in the database. `called`: a module that is
    there, and what it is to be called.
    """

    answers: Mapping[str, Any]
    says: str
    values: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    contracted: frozenset[str] = frozenset()
    called: tuple[str, str] | None = None


def own_answers(record: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a project, which say its preset."""
    answers: dict[str, Any] = deepcopy(record["answers"])
    preset = PRESETS.get(record["preset"] or "")
    if preset is not None and not answers.get("preset"):
        modules = answers.get("modules", {})
        if not any(module.name in modules for module in preset.modules):
            answers["preset"] = preset.name
    return answers


def follow(
    record: Mapping[str, Any], wanted: Wanted, read: Callable[[str], Migrations]
) -> dict[str, Any]:
    """The record that follows from the answers that are wanted; `read`: a module's
    migrations. InputError, IncompatibleError: they will not do.
    """
    if wanted.called is not None:
        record = call_in(record, *wanted.called)
    taken = resolve([from_record(wanted.answers)])
    blueprint = build_again(record, wanted.answers)
    _check_kept(record, blueprint)
    moved = wanted.moved
    if names_preset(record, (*wanted.removed, *wanted.renamed, *moved)):
        blueprint = blueprint.model_copy(update={"preset": None})
    before = {
        module["name"]: rename_in(Module.model_validate(module), moved)
        for module in record["modules"]
    }
    sql = "sql" in provided(record["stack"])
    renamed = _by_entity(wanted.renamed)
    _check_supported(before, blueprint, renamed, wanted.removed | wanted.changed)
    if not sql:
        if renamed:
            raise IncompatibleError(
                "rows of this database are not migrated, and would lack what is renamed",
                "leave its name as it is",
            )
        check_keys(before, blueprint)
    values = {
        where: _normal(wanted.answers, where, value, sql)
        for where, value in wanted.values.items()
    }
    filled: dict[str, dict[str, Any]] = {}
    modules = tuple(
        fill(module, before.get(module.name), values, filled, renamed)
        if sql
        else bring_along(module, before.get(module.name), values)
        for module in blueprint.modules
    )
    back: dict[str, dict[str, Any]] = {}
    if sql:
        retiring = Retiring(
            wanted.removed, wanted.contracted, renamed, values, filled, back
        )
        modules = tuple(
            retiring.keep(module, before.get(module.name)) for module in modules
        )
    gone = list_gone(record, before, blueprint, wanted.contracted) if sql else {}
    blueprint = blueprint.model_copy(update={"modules": modules, "gone": gone})
    history = {
        name: rename_history(History.model_validate(past), name, moved)
        for name, past in record.get("history", {}).items()
    }
    for module in modules:
        was = before.get(module.name)
        if not sql or was is None:
            continue
        past = history.get(module.name)
        if not is_stored_otherwise(was, module):
            if past is None and is_made_otherwise(was, module):
                # which the first migration goes on making
                history[module.name] = begin(was)
            continue
        fills = filled.get(module.name, {})
        names = renamed.get(module.name, {})
        there, fills_back = read(module.name), back.get(module.name, {})
        history[module.name] = add_revision(
            past, was, module, wanted.says, there, fills, names, fills_back
        )
    there_now = {module.name for module in modules}
    told = {
        name: past.model_dump(mode="json")
        for name, past in history.items()
        if name in there_now
    }
    return change_record(
        {**record, "history": told}, taken.raw, taken.requirements, blueprint
    )


def names_preset(record: Mapping[str, Any], places: Iterable[str]) -> bool:
    """Whether one of these modules, entities and fields came with the project's preset,
    whose journey asks for them.
    """
    preset = PRESETS.get(record["preset"] or "")
    theirs = (
        {module.name: module.spec.entities for module in preset.modules}
        if preset is not None
        else {}
    )
    for place in places:
        module, entity, name = (*place.split("."), "", "")[:3]
        there = theirs.get(module)
        if there is not None and (
            not entity
            or (entity in there and (not name or name in there[entity].fields))
        ):
            return True
    return False


def _by_entity(renamed: Mapping[str, str]) -> Renamed:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for place, name in renamed.items():
        module, entity, old = place.split(".")
        found.setdefault(module, {}).setdefault(entity, {})[old] = name
    return found


def _check_kept(record: Mapping[str, Any], blueprint: Blueprint) -> None:
    """IncompatibleError where the answers, by hand, call the project otherwise, or let
    modules that are there run elsewhere.
    """
    hint = "restore them from git"
    if (blueprint.name, blueprint.package) != (record["name"], record["package"]):
        raise IncompatibleError(
            f"the answers in archgen.yaml call the project {blueprint.name}, and it is {record['name']}",
            hint,
        )
    home = {
        module: part["name"] for part in record["parts"] for module in part["modules"]
    }
    for part in blueprint.parts:
        for module in part.modules:
            if home.get(module, part.name) != part.name:
                raise IncompatibleError(
                    f"the answers in archgen.yaml have {module} in the part {part.name}, and it is in {home[module]}",
                    f"{hint}; archgen evolve --extract or --merge moves modules",
                )


def _check_supported(
    before: Mapping[str, Module],
    blueprint: Blueprint,
    renamed: Renamed,
    meant: frozenset[str],
) -> None:
    now = {module.name: module for module in blueprint.modules}
    lost = [name for name in before if name not in now]
    for name in before.keys() & now.keys():
        lost += list_unsupported(before[name], now[name], renamed.get(name, {}))
    lost = [place for place in lost if place not in meant]
    if lost:
        raise IncompatibleError(
            f"the answers in archgen.yaml say otherwise what there is already: {', '.join(sorted(lost))}",
            "restore them from git: archgen remove takes away what is there, archgen change makes a field another",
        )


def list_refused(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The columns that the former version of the code cannot do without or with, by
    module.entity.field: it writes no rows then.
    """
    known = {
        revision["name"]
        for past in before.get("history", {}).values()
        for revision in past["revisions"]
    }
    return [
        f"{module}.{name}"
        for module, past in after.get("history", {}).items()
        for revision in past["revisions"]
        if revision["name"] not in known
        for name in (
            *revision.get("fills", ()),
            *(
                f"{entity}.{new}"
                for entity, names in revision.get("renamed", {}).items()
                for new in names.values()
            ),
        )
    ]


def find_entity(record: Mapping[str, Any], module: str, name: str) -> Mapping[str, Any]:
    """An entity of a record, which has it."""
    return next(one for one in list_entities(record, module) if one["name"] == name)


def list_entities(
    record: Mapping[str, Any], module: str
) -> Iterator[Mapping[str, Any]]:
    """Those of a module of a record; none where there is no such module."""
    modules = (one for one in record["modules"] if one["name"] == module)
    return (one for kept in modules for one in kept["entities"])


def build_again(record: Mapping[str, Any], answers: Mapping[str, Any]) -> Blueprint:
    """What is to be built of these answers, with all that was decided before."""
    chosen = {
        name: name in record["extras"]
        for name, extra in extras().items()
        if name in record["extras"] or not extra.field_types
    }
    decided = {
        "architecture": record["template"],
        "stack": {**record["stack"], **_said(answers.get("stack"))},
        "extras": {**chosen, **_said(answers.get("extras"))},
    }
    pinned = resolve([from_record(answers), from_flags(decided)])
    blueprint = build(pinned, advise(pinned))
    kept: dict[str, Any] = {
        "preset": record["preset"],
        "architecture": record["architecture"],
    }
    return blueprint.model_copy(update=kept)


def _said(choices: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        key: value
        for key, value in (choices or {}).items()
        if value not in (None, "auto")
    }


def fill(
    module: Module,
    before: Module | None,
    values: Mapping[str, Any],
    filled: dict[str, dict[str, Any]],
    renamed: Renamed,
) -> Module:
    """The module with, for each new field that no row may lack, what rows that are
    there have in it.
    """
    was = (
        {entity.name: entity for entity in before.entities}
        if before is not None
        else {}
    )
    entities = []
    for entity in module.entities:
        old = was.get(entity.name)
        if old is not None:
            names = renamed.get(module.name, {}).get(entity.name, {})
            had = {names.get(one.name, one.name): one for one in old.fields}
            entity = _fill_entity(module.name, entity, had, values, filled)
        entities.append(entity)
    return module.model_copy(update={"entities": tuple(entities)})


def _fill_entity(
    module: str,
    entity: Entity,
    had: Mapping[str, Field],
    values: Mapping[str, Any],
    filled: dict[str, dict[str, Any]],
) -> Entity:
    fields: list[Field] = []
    for one in entity.fields:
        if one.name in had:
            stored = had[one.name].stored
        elif one.nullable or one.many is not None:
            stored = None
        else:
            where = f"{module}.{entity.name}.{one.name}"
            value = values.get(where, one.default)
            _check_value(one, value, where)
            stored = as_default(one, value)
            if stored is None:
                filled.setdefault(module, {})[f"{entity.name}.{one.name}"] = value
        fields.append(
            one if stored is None else one.model_copy(update={"stored": stored})
        )
    return entity.model_copy(update={"fields": tuple(fields)})


def _check_value(one: Field, value: Any, where: str) -> None:
    if value is None:
        hint = (
            f"--value {one.values[0] if one.values else 'VALUE'}, or leave required out"
        )
        raise InputError([Mistake(where, "rows that are there need a value", hint)])
    if one.unique:
        raise InputError(
            [
                Mistake(
                    where,
                    "all rows that are there would have one value in it, and it is unique",
                    "leave required out",
                )
            ]
        )


def _normal(answers: Mapping[str, Any], where: str, value: Any, sql: bool) -> Any:
    """The value that rows get, as it travels; InputError where it is none that the
    field takes.
    """
    module, entity, name = where.split(".")
    variant: dict[str, Any] = deepcopy(dict(answers))
    said = variant["modules"][module]["entities"][entity]["fields"][name]
    said.pop("required", None)
    if said.get("type") != "reference":
        said["default"] = value
    spec = (
        resolve([from_record(variant)])
        .domain[module]
        .spec.entities[entity]
        .fields[name]
    )
    if spec.type == "reference" and not sql:
        # which no row has by default, and rows that are there may be given
        spec = spec.model_copy(update={"type": "uuid"})
    try:
        return normal(spec, value)
    except Unfit as error:
        raise InputError(
            [Mistake("--value", str(error), f"give a {spec.type}")]
        ) from None
