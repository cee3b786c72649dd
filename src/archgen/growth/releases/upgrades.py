"""What versions made otherwise in records: how an `archgen.yaml` that an older one
wrote becomes what this one writes.

A field that a blueprint has besides, with a default, needs no step; whatever is
renamed, moved or without a default does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from archgen.answers.sources import from_record
from archgen.blueprint.recorded import BESIDE, read_recorded
from archgen.generator.record import change_record
from archgen.growth.releases.releases import parse_version
from archgen.pipeline import resolve


def _change_nothing(record: dict[str, Any]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Step:
    """What `version` made otherwise. `renamed`: of `extras`, or of a choice of the
    stack, the new name by the old one; `change`: whatever else, in the record itself.
    """

    version: str
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], None] = _change_nothing


# In the order of their versions.
STEPS: tuple[Step, ...] = ()


def upgrade(
    record: Mapping[str, Any], steps: Sequence[Step] | None = None
) -> dict[str, Any]:
    """The record as this archgen writes it; ArchgenError, InputError: it is none that
    the steps lead to.
    """
    old = str(record["archgen_version"])
    changed: dict[str, Any] = deepcopy(dict(record))
    for step in STEPS if steps is None else steps:
        if parse_version(step.version) > parse_version(old):
            for key, names in step.renamed.items():
                _rename(changed, key, names)
            step.change(changed)
    taken = resolve([from_record(changed["answers"])])
    blueprint, history = read_recorded(changed, strict=True)
    changed["history"] = {
        name: past.model_dump(mode="json") for name, past in history.items()
    }
    # without the blueprint's own fields, so that they stand where this version writes
    # them
    beside = {key: changed[key] for key in BESIDE if key in changed}
    return change_record(beside, changed["answers"], taken.requirements, blueprint)


def _rename(record: dict[str, Any], key: str, names: Mapping[str, str]) -> None:
    """Give values of a choice their new names, in what was decided, answered, and put
    aside when the project evolved.
    """
    answers = record["answers"]
    asides = [
        evolution["aside"]
        for evolution in record.get("evolutions", ())
        if "aside" in evolution
    ]
    if key == "extras":
        record["extras"] = [names.get(name, name) for name in record["extras"]]
        for words in (answers, *asides):
            if words.get("extras"):
                words["extras"] = {
                    names.get(name, name): said
                    for name, said in words["extras"].items()
                }
        return
    for choices in (record["stack"], answers.get("stack") or {}):
        if key in choices:
            choices[key] = names.get(choices[key], choices[key])
    for aside in asides:
        put = aside.get("stack", {}).get(key, {})
        put |= {side: names.get(word, word) for side, word in put.items()}
