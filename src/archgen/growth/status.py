"""What of a project is its owner's, against what was generated; and what its answers say that is not generated."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from archgen.catalog import templates_dir
from archgen.growth.growing import begin, list_standing
from archgen.growth.merging import keep_rendering
from archgen.growth.owner import Project
from archgen.growth.records import build_again, own_answers

Kind = Literal["yours", "changed", "deleted"]


@dataclass(frozen=True, slots=True)
class Status:
    """`files`: what its owner added, changed or deleted, by path. `drift`: modules, entities and fields that answers and blueprint
    of archgen.yaml say otherwise. `last`: the last command, while it can be taken back; `conflicts`: of it, unsettled."""

    version: str
    files: Mapping[str, Kind]
    drift: tuple[str, ...]
    last: str | None
    conflicts: tuple[str, ...]
    recovered: str | None


def examine(project: Project) -> Status:
    """What is there now, committed or not."""
    with begin(project) as (journal, recovered), tempfile.TemporaryDirectory(prefix="archgen-") as place:
        store = project.open_store(Path(place, "store"))
        base = store.list_files(keep_rendering(store, project.record, templates_dir(), Path(place, "base")))
        now = store.list_files(project.keep_all(store))
        files: dict[str, Kind] = {}
        for path in sorted(base.keys() | now.keys()):
            if base.get(path) != now.get(path):
                files[path] = "yours" if path not in base else "deleted" if path not in now else "changed"
        last = journal.last()
        undoable = last.what if last is not None and last.head == project.head else None
        return Status(
            project.record["archgen_version"],
            files,
            tuple(_list_drift(project.record)),
            undoable,
            tuple(list_standing(project, journal)),
            recovered,
        )


def show_diff(project: Project, paths: Sequence[str]) -> str:
    """What its owner changed, as git shows it; of these paths in the project, or of all."""
    with begin(project), tempfile.TemporaryDirectory(prefix="archgen-") as place:
        store = project.open_store(Path(place, "store"))
        base = keep_rendering(store, project.record, templates_dir(), Path(place, "base"))
        return store.diff(base, project.keep_all(store), *paths)


def _list_drift(record: Mapping[str, Any]) -> list[str]:
    """What the answers come to and the blueprint does not have, or the other way round, by its dotted name in archgen.yaml."""
    wanted = _names(build_again(record, own_answers(record)).model_dump(mode="json")["modules"])
    there = _names(record["modules"])
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def _names(modules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Modules, entities and fields by dotted name, each with what it is apart from those in it."""
    found: dict[str, Any] = {}
    for module in modules:
        found[module["name"]] = {key: value for key, value in module.items() if key != "entities"}
        for entity in module["entities"]:
            place = f"{module['name']}.{entity['name']}"
            found[place] = {key: value for key, value in entity.items() if key != "fields"}
            for one in entity["fields"]:
                found[f"{place}.{one['name']}"] = {key: value for key, value in one.items() if key != "stored"}
    return found
