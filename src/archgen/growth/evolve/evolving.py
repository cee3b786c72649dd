"""The record of a project of another architecture: the same modules in other parts, on
what these can have.

What its owner said stays said: a choice that the new architecture cannot have is put
aside with the evolution, and comes back with the next one that can, so that whoever
goes back arrives where they began.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from archgen.answers.resolve import say_over
from archgen.answers.sources import from_record
from archgen.blueprint.history import (
    History,
    add_revision,
    begin,
    is_stored_otherwise,
    list_unsupported,
)
from archgen.blueprint.schema import TEMPLATES, Blueprint, Module, Template
from archgen.domain.presets import PRESETS
from archgen.errors import ArchgenError, IncompatibleError, InputError, Mistake
from archgen.generator.record import FIRST, change_record
from archgen.growth.evolve.choices import Choice, choose_extras, choose_stack
from archgen.growth.evolve.crossings import list_crossed
from archgen.growth.evolve.partition import Partition, partition
from archgen.growth.record.key_value import bring_along
from archgen.growth.record.migrations import read_migrations
from archgen.growth.record.records import fill, own_answers
from archgen.growth.record.retiring import Retiring, list_gone, list_waiting
from archgen.options import provided
from archgen.pipeline import Resolved, advise, build, resolve

# What is said of a project is changed by other commands, or by flags.
_ELSEWHERE = ("name", "preset", "modules", "architecture", "parts")


@dataclass(frozen=True, slots=True)
class Asked:
    """`what`: the command, in its user's words; one of `to` (an architecture, with its
    `parts` if not the usual ones), `extract` (modules), `merge` (parts) or none.
    `said`: answers besides.
    """

    what: str
    to: str | None = None
    parts: Mapping[str, Sequence[str]] | None = None
    extract: Sequence[str] = ()
    merge: Sequence[str] = ()
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Plan:
    """`stack`: what of the stack has to come out of the answers; `aside`: what they
    said and that cannot be.
    """

    partition: Partition
    answers: dict[str, Any]
    stack: Mapping[str, str]
    aside: Mapping[str, Any]
    open: Sequence[Choice]


def list_choices(record: Mapping[str, Any], asked: Asked) -> Sequence[Choice]:
    """What has to be asked, or said by a flag, before the project can become that."""
    return _plan(record, asked).open


def evolve(record: Mapping[str, Any], asked: Asked, root: Path) -> dict[str, Any]:
    """The record of what is asked of the project at `root`.

    InputError: it has no such modules or parts, or it is that already;
    IncompatibleError: its domain, an extra or a choice cannot be in it.
    """
    plan = _plan(record, asked)
    if plan.open:
        raise InputError(
            [
                Mistake(
                    f"stack.{one.key}",
                    f"{one.word} cannot be had with {one.template}",
                    f"--set stack.{one.key}={' or '.join(one.options)}",
                )
                for one in plan.open
            ]
        )
    _check_waiting(record)
    taken, recommendation, blueprint = _build(plan)
    blueprint = blueprint.model_copy(update={"preset": record["preset"]})
    blueprint, history = _keep_tables(record, blueprint, asked.what, root)
    evolution = _tell(record, asked, plan, blueprint, root)
    former = _remember(record)
    crossed = list(
        list_crossed(
            record["recommendation"].get("flips", ()),
            taken.requirements.model_dump(mode="json"),
        )
    )
    evolution |= ({"crossed": crossed} if crossed else {}) | (
        {"former": former} if former else {}
    )
    changed = {
        **record,
        "recommendation": recommendation.model_dump(mode="json", exclude_none=True),
        "history": {
            name: past.model_dump(mode="json") for name, past in history.items()
        },
        "evolutions": [*record.get("evolutions", ()), evolution],
    }
    return change_record(changed, taken.raw, taken.requirements, blueprint)


def go_back(record: Mapping[str, Any], root: Path) -> dict[str, Any] | None:
    """The record before the last evolution, where all else is now as it was then; None
    where it is not.
    """
    last = (record.get("evolutions") or [None])[-1]
    if last is None:
        return None
    before = last["before"]
    try:
        back = evolve(
            record, Asked("evolve", to=before["template"], parts=before["parts"]), root
        )
    except ArchgenError:
        return None
    return back if _digest(back) == last["was"] else None


def _digest(record: Mapping[str, Any]) -> str:
    """What a project is made of, in a few letters."""
    made = {
        key: record.get(key) for key in Blueprint.model_fields if key != "ownership"
    }
    return sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:16]


def _plan(record: Mapping[str, Any], asked: Asked) -> _Plan:
    _check_said(asked)
    answers = own_answers(record)
    found = partition(record, asked.to, asked.extract, asked.merge, asked.parts)
    _check_preset(record, found.template)
    answers.pop("parts", None)
    if found.said:
        answers["parts"] = found.said
    answers["architecture"] = found.template
    last = (record.get("evolutions") or [{}])[-1].get("aside", {})
    stack, aside, left = choose_stack(
        record,
        answers,
        asked.said.get("stack") or {},
        found.template,
        last.get("stack", {}),
    )
    without = choose_extras(
        answers, asked.said.get("extras") or {}, found.template, last.get("extras", {})
    )
    say_over(
        answers,
        {
            key: value
            for key, value in asked.said.items()
            if key not in ("stack", "extras")
        },
    )
    put = {"stack": aside, "extras": without, "parts": found.aside}
    return _Plan(
        found, answers, stack, {key: value for key, value in put.items() if value}, left
    )


def _check_preset(record: Mapping[str, Any], template: Template) -> None:
    preset = PRESETS.get(record["preset"] or "")
    if preset is not None and not preset.runs_on(template):
        able = " or ".join(other for other in TEMPLATES if preset.runs_on(other))
        raise IncompatibleError(
            f"the preset {preset.name} cannot become {template}: it needs {preset.needing}",
            f"--to {able}, or archgen new another project beside it",
        )


def _check_said(asked: Asked) -> None:
    wrong = [key for key in asked.said if key in _ELSEWHERE]
    if wrong:
        raise InputError(
            [
                Mistake(
                    key, "is not said here", _HINTS.get(key, "archgen add adds to it")
                )
                for key in wrong
            ]
        )


_HINTS = {
    "name": "the name of a project stays",
    "architecture": "--to monolith, microservices or serverless",
    "parts": "--extract a module, or --merge parts",
}


def _build(plan: _Plan) -> tuple[Resolved, Any, Blueprint]:
    """All steps after the answers, with what has to stay named where the architecture
    would take another.
    """
    try:
        taken = resolve([from_record(plan.answers)])
        recommendation = advise(taken)
        blueprint = build(taken, recommendation)
    except IncompatibleError as error:
        hint = f"{error.hint}; here --set extras.NAME=false goes without one, and --set stack.KEY=VALUE takes another"
        raise IncompatibleError(
            error.message, hint if "extras." in error.message else error.hint
        ) from None
    lost = {
        key: word
        for key, word in plan.stack.items()
        if getattr(blueprint.stack, key) != word
    }
    if not lost:
        return taken, recommendation, blueprint
    named = {**plan.answers, "stack": {**(plan.answers.get("stack") or {}), **lost}}
    taken = resolve([from_record(named)])
    recommendation = advise(taken)
    return taken, recommendation, build(taken, recommendation)


def _keep_tables(
    record: Mapping[str, Any], blueprint: Blueprint, says: str, root: Path
) -> tuple[Blueprint, dict[str, History]]:
    """The blueprint, and how its tables came about: remembered while another database
    has the rows, and carried on after.
    """
    history = {
        name: History.model_validate(past)
        for name, past in record.get("history", {}).items()
    }
    modules = {
        module["name"]: Module.model_validate(module) for module in record["modules"]
    }
    was_sql = "sql" in provided(record["stack"])
    if "sql" not in provided(blueprint.stack.model_dump()):
        if was_sql:
            history = {
                name: history.get(name) or begin(module)
                for name, module in modules.items()
            }
            return blueprint, history
        along = [
            bring_along(one, modules.get(one.name), {}) for one in blueprint.modules
        ]
        return blueprint.model_copy(update={"modules": tuple(along)}), history
    now = {module.name: module for module in blueprint.modules}
    before = (
        modules
        if was_sql
        else {
            name: _as_it_was(now[name], past)
            for name, past in history.items()
            if name in now
        }
    )
    removed = frozenset(_list_missing(before, now))
    filled: dict[str, dict[str, Any]] = {}
    back: dict[str, dict[str, Any]] = {}
    retiring = Retiring(removed, frozenset(), {}, {}, filled, back)
    kept = tuple(
        retiring.keep(
            fill(module, before.get(module.name), {}, filled, {}),
            before.get(module.name),
        )
        for module in blueprint.modules
    )
    lost = [
        name
        for module in kept
        if module.name in before
        for name in list_unsupported(before[module.name], module, {})
    ]
    if lost := sorted(set(lost) - removed):
        raise IncompatibleError(
            f"tables of SQL, where they were left, have {', '.join(lost)} otherwise",
            "make it what it was, go back, and change it there",
        )
    for module in kept:
        was = before.get(module.name)
        if was is not None and is_stored_otherwise(was, module):
            past = history.get(module.name)
            generated = {} if was_sql else _list_generated(module.kept_under, past)
            there = read_migrations(root, record["package"], module.name, generated)
            fills, fills_back = filled.get(module.name, {}), back.get(module.name, {})
            history[module.name] = add_revision(
                past, was, module, says, there, fills, {}, fills_back
            )
    parts = {part.name for part in blueprint.parts}
    gone = list_gone(record, modules, blueprint, frozenset()) if was_sql else {}
    gone = {name: one for name, one in gone.items() if one.part in parts}
    blueprint = blueprint.model_copy(update={"modules": kept, "gone": gone})
    return blueprint, {name: past for name, past in history.items() if past.revisions}


def _check_waiting(record: Mapping[str, Any]) -> None:
    if waiting := list(list_waiting(record)):
        raise IncompatibleError(
            f"{', '.join(waiting)}: the database is not as the code is yet",
            f"archgen contract {waiting[0]} first, once no copy of the version before runs",
        )


def _list_missing(
    before: Mapping[str, Module], now: Mapping[str, Module]
) -> Iterator[str]:
    """The entities and fields that tables have and modules have no more, by dotted
    name.
    """
    for name, module in before.items():
        entities = {
            entity.name: {one.name for one in entity.fields}
            for entity in now[name].entities
        }
        for entity in module.entities:
            if entity.name not in entities:
                yield f"{name}.{entity.name}"
                continue
            for one in entity.fields:
                if one.name not in entities[entity.name]:
                    yield f"{name}.{entity.name}.{one.name}"


def _as_it_was(module: Module, past: History) -> Module:
    """The module as its tables know it."""
    entities = {entity.name: entity for entity in past.first.entities}
    for revision in past.revisions:
        entities |= {entity.name: entity for entity in revision.entities}
        entities = {
            name: entity
            for name, entity in entities.items()
            if name not in revision.gone
        }
    latest = past.revisions[-1] if past.revisions else past.first
    found = {
        "entities": tuple(entities.values()),
        "reactions": latest.reactions,
        "publishes": latest.publishes,
    }
    return module.model_copy(update=found)


def _list_generated(kept: str, past: History | None) -> dict[str, str | None]:
    """The migrations that are generated of a history, each with the one that it
    follows.
    """
    first: dict[str, str | None] = {f"{kept}_0001": None}
    return first | {
        revision.name: revision.after for revision in (past.revisions if past else ())
    }


def _tell(
    record: Mapping[str, Any],
    asked: Asked,
    plan: _Plan,
    blueprint: Blueprint,
    root: Path,
) -> dict[str, Any]:
    """What the decision record says of it; InputError where nothing becomes otherwise."""
    after = blueprint.model_dump(mode="json")
    changes = list(_list_changes(record, after))
    if _shape(record) == _shape(after) and not changes:
        hint = "--extract a module, --merge parts, or --to another architecture"
        raise InputError(
            [Mistake("", f"it is {record['template']} in these parts already", hint)]
        )
    moves = [
        {"module": name, "from": home, "to": _find_homes(after)[name]}
        for name, home in _find_homes(record).items()
        if _find_homes(after).get(name, home) != home
    ]
    told: dict[str, Any] = {
        "file": find_file(root, record),
        "asked": f"archgen {asked.what}",
        "before": _shape(record),
        "after": _shape(after),
        "changes": changes,
        "moves": moves,
        "was": _digest(record),
    }
    if ("sql" in provided(record["stack"])) != ("sql" in provided(after["stack"])):
        told["storage"] = True  # other repositories
    return told | ({"aside": dict(plan.aside)} if plan.aside else {})


def _shape(record: Mapping[str, Any]) -> dict[str, Any]:
    parts = {part["name"]: list(part["modules"]) for part in record["parts"]}
    return {
        "architecture": record["architecture"],
        "template": record["template"],
        "parts": parts,
    }


def _list_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """What it runs on and what it has besides, where that becomes otherwise."""
    for key, value in after["stack"].items():
        if before["stack"][key] != value:
            yield {"what": key, "from": before["stack"][key], "to": value}
    gone = [name for name in before["extras"] if name not in after["extras"]]
    come = [name for name in after["extras"] if name not in before["extras"]]
    if gone or come:
        yield {"what": "extras", "from": gone, "to": come}


def _find_homes(record: Mapping[str, Any]) -> dict[str, str]:
    """Where the rows of each module lie."""
    capabilities = provided({"architecture": record["template"], **record["stack"]})
    homes = {}
    for module in record["modules"]:
        if module["kind"] == "accounts" and "accounts" not in capabilities:
            continue
        if "sql" not in capabilities:
            homes[module["name"]] = "DynamoDB"
        elif "services" in capabilities:
            homes[module["name"]] = f"the database {module['part']}"
        else:
            homes[module["name"]] = (
                "the database of the functions"
                if "functions" in capabilities
                else "the database app"
            )
    return homes


def _remember(record: Mapping[str, Any]) -> dict[str, Any]:
    """What was known at the decision that is superseded; nothing where its owner
    deleted the argument.
    """
    if "reasons" not in record["recommendation"]:
        return {}
    known = {
        key: value for key, value in record["requirements"].items() if key != "assumed"
    }
    former = {
        **record["recommendation"],
        "requirements": known,
        "parts": record["parts"],
    }
    return (
        {**former, "ownership": record["ownership"]}
        if record.get("ownership")
        else former
    )


def find_file(root: Path, record: Mapping[str, Any]) -> str:
    """What the next decision's file is called: by the number that is free, its owner's
    decisions among them.
    """
    names = [FIRST, *(evolution["file"] for evolution in record.get("evolutions", ()))]
    names += [path.name for path in (root / "docs/adr").glob("[0-9][0-9][0-9][0-9]*")]
    number = max(int(name[:4]) for name in names if name[:4].isdigit()) + 1
    if number > 9999:
        raise ArchgenError(
            "docs/adr has no number left for another decision",
            "rename what has the highest one",
        )
    return f"{number:04}-architecture"
