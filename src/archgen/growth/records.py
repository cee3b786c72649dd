"""The record of a project whose answers have changed: another domain, on all that was decided before.

What the advice would be by now is `archgen recommend`'s to say: architecture, stack and extras stay as they were recorded,
those apart that the answers now name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from archgen.answers.sources import from_flags, from_record
from archgen.blueprint.history import History, Migrations, add_revision, is_stored_otherwise, list_unsupported
from archgen.blueprint.schema import Blueprint, Entity, Field, Module
from archgen.domain.field_values import Unfit, normal
from archgen.domain.presets import PRESETS
from archgen.errors import IncompatibleError, InputError, Mistake
from archgen.generator.record import change_record
from archgen.options import extras, provided
from archgen.pipeline import advise, build, resolve

# Types whose values SQLite and PostgreSQL write alike, so that a column of them has the same default on both.
_ALIKE = {"string", "text", "email", "url", "enum", "integer", "number", "boolean", "date", "list", "object", "json"}
_HEX = {"uuid", "reference", "file"}


# module -> entity -> what a field is called, and what it is to be called
Renamed = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`answers` of a project, changed; `says`: what changes, as a migration tells it. `values`: what rows that are there get, by
    module.entity.field. `renamed`: by the same, fields that are there and what they are to be called."""

    answers: Mapping[str, Any]
    says: str
    values: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)


def own_answers(record: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a project, which say its preset."""
    answers: dict[str, Any] = deepcopy(record["answers"])
    preset = PRESETS.get(record["preset"] or "")
    if preset is not None and not answers.get("preset"):
        modules = answers.get("modules", {})
        if not any(module.name in modules for module in preset.modules):
            answers["preset"] = preset.name
    return answers


def follow(record: Mapping[str, Any], wanted: Wanted, read: Callable[[str], Migrations]) -> dict[str, Any]:
    """The record that follows from the answers that are wanted; `read`: a module's migrations. InputError, IncompatibleError: they will not do."""
    taken = resolve([from_record(wanted.answers)])
    blueprint = build_again(record, wanted.answers)
    before = {module["name"]: Module.model_validate(module) for module in record["modules"]}
    sql = "sql" in provided(record["stack"])
    renamed = _by_entity(wanted.renamed)
    _check_supported(before, blueprint, renamed)
    if not sql:
        _check_rows(before, blueprint, renamed)
    values = {where: _normal(wanted.answers, where, value) for where, value in wanted.values.items()}
    filled: dict[str, dict[str, Any]] = {}
    modules = tuple(
        _fill(module, before.get(module.name), values, filled, renamed) if sql else module
        for module in blueprint.modules
    )
    blueprint = blueprint.model_copy(update={"modules": modules})
    history = {name: History.model_validate(past) for name, past in record.get("history", {}).items()}
    for module in modules:
        was = before.get(module.name)
        if not sql or was is None or not is_stored_otherwise(was, module):
            continue
        fills = filled.get(module.name, {})
        names = renamed.get(module.name, {})
        past = history.get(module.name)
        history[module.name] = add_revision(past, was, module, wanted.says, read(module.name), fills, names)
    told = {name: past.model_dump(mode="json") for name, past in history.items()}
    return change_record({**record, "history": told}, taken.raw, taken.requirements, blueprint)


def _by_entity(renamed: Mapping[str, str]) -> Renamed:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for place, name in renamed.items():
        module, entity, old = place.split(".")
        found.setdefault(module, {}).setdefault(entity, {})[old] = name
    return found


def _check_supported(before: Mapping[str, Module], blueprint: Blueprint, renamed: Renamed) -> None:
    now = {module.name: module for module in blueprint.modules}
    lost = [name for name in before if name not in now]
    for name in before.keys() & now.keys():
        lost += list_unsupported(before[name], now[name], renamed.get(name, {}))
    if lost:
        raise IncompatibleError(
            f"the answers in archgen.yaml say otherwise what there is already: {', '.join(sorted(lost))}",
            "restore them from git: what is there is not removed, and its type not changed, by archgen yet",
        )


def list_refused(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The columns that the former version of the code cannot do without or with, by module.entity.field: it writes no rows then."""
    known = {revision["name"] for past in before.get("history", {}).values() for revision in past["revisions"]}
    return [
        f"{module}.{name}"
        for module, past in after.get("history", {}).items()
        for revision in past["revisions"]
        if revision["name"] not in known
        for name in (
            *revision.get("fills", ()),
            *(f"{entity}.{new}" for entity, names in revision.get("renamed", {}).items() for new in names.values()),
        )
    ]


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
    kept: dict[str, Any] = {"preset": record["preset"], "architecture": record["architecture"]}
    return blueprint.model_copy(update=kept)


def _said(choices: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (choices or {}).items() if value not in (None, "auto")}


def _fill(
    module: Module,
    before: Module | None,
    values: Mapping[str, Any],
    filled: dict[str, dict[str, Any]],
    renamed: Renamed,
) -> Module:
    """The module with, for each new field that no row may lack, what rows that are there have in it."""
    was = {entity.name: entity for entity in before.entities} if before is not None else {}
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
            stored = _default(one, value)
            if stored is None:
                filled.setdefault(module, {})[f"{entity.name}.{one.name}"] = value
        fields.append(one if stored is None else one.model_copy(update={"stored": stored}))
    return entity.model_copy(update={"fields": tuple(fields)})


def _check_value(one: Field, value: Any, where: str) -> None:
    if value is None:
        hint = f"--value {one.values[0] if one.values else 'VALUE'}, or leave required out"
        raise InputError([Mistake(where, "rows that are there need a value", hint)])
    if one.unique:
        raise InputError(
            [
                Mistake(
                    where, "all rows that are there would have one value in it, and it is unique", "leave required out"
                )
            ]
        )


def _normal(answers: Mapping[str, Any], where: str, value: Any) -> Any:
    """The value that rows get, as it travels; InputError where it is none that the field takes."""
    module, entity, name = where.split(".")
    variant: dict[str, Any] = deepcopy(dict(answers))
    said = variant["modules"][module]["entities"][entity]["fields"][name]
    said.pop("required", None)
    if said.get("type") != "reference":
        said["default"] = value
    spec = resolve([from_record(variant)]).domain[module].spec.entities[entity].fields[name]
    try:
        return normal(spec, value)
    except Unfit as error:
        raise InputError([Mistake("--value", str(error), f"give a {spec.type}")]) from None


def _default(one: Field, value: Any) -> Any:
    """A value as every database writes it in a column's default; None where they differ in it."""
    if one.type in _ALIKE:
        return value
    if one.type in _HEX:
        return str(value).replace("-", "")
    if one.type == "decimal" and float(value) == 0:
        return 0
    return None


def _check_rows(before: Mapping[str, Module], blueprint: Blueprint, renamed: Renamed) -> None:
    """Rows of a key-value database are not migrated: refuse what those that are there would lack."""
    if renamed:
        raise IncompatibleError(
            "rows of this database are not migrated, and would lack what is renamed", "leave its name as it is"
        )
    for module in blueprint.modules:
        was = {entity.name: entity for entity in before[module.name].entities} if module.name in before else {}
        for entity in module.entities:
            old = was.get(entity.name)
            if old is None:
                continue
            where = f"modules.{module.name}.entities.{entity.name}"
            had = {one.name for one in old.fields}
            for one in entity.fields:
                if one.name in had:
                    continue
                if one.required:
                    raise IncompatibleError(
                        f"{where}.fields.{one.name}: rows of this database are not migrated, and would lack it",
                        "leave required out, or say a default",
                    )
                if one.unique or (one.indexed and not one.nullable):
                    raise IncompatibleError(
                        f"{where}.fields.{one.name}: rows that are there would have no key for it",
                        "leave unique and indexed out, or the default",
                    )
            if set(entity.lists) - set(old.lists):
                raise IncompatibleError(
                    f"{where}.lists: rows that are there would have no key for another list",
                    "with this database lists are said before there are rows",
                )
