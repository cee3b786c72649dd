"""What of a project is its owner's, against what was generated; and what its answers
say that is not generated.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from archgen import __version__
from archgen.blueprint.recorded import read_recorded
from archgen.growth.growing import begin, list_standing
from archgen.growth.merge.merging import keep_rendering
from archgen.growth.record.records import build_again, own_answers
from archgen.growth.record.retiring import list_waiting
from archgen.growth.releases.releases import open_templates
from archgen.growth.releases.updating import Ahead, look_ahead
from archgen.growth.releases.upgrades import upgrade
from archgen.growth.trees.owner import Project
from archgen.growth.trees.store import Store

Kind = Literal["yours", "changed", "deleted", "ignored"]


@dataclass(frozen=True, slots=True)
class Status:
    """`files`: what its owner added, changed, deleted or lets git ignore, by path.
    `drift`: modules, entities and fields that answers and blueprint of archgen.yaml say
    otherwise.
    `waiting`: what was removed and is still in the database. `last`: the last command,
    while it can be taken back; `conflicts`: of it, unsettled. `ahead`: what `archgen
    update` would bring.
    """

    version: str
    ahead: Ahead
    files: Mapping[str, Kind]
    drift: tuple[str, ...]
    waiting: tuple[str, ...]
    last: str | None
    conflicts: tuple[str, ...]
    recovered: str | None


def examine(project: Project) -> Status:
    """What is there now, committed or not; ArchgenError: what generated it is not here."""
    with (
        begin(project) as (journal, recovered),
        tempfile.TemporaryDirectory(prefix="archgen-") as place,
    ):
        store = project.open_store(Path(place, "store"))
        base = store.list_files(_keep_generated(store, project, Path(place, "base")))
        now = store.list_files(project.keep_all(store))
        files = {
            path: _compare(project, path, path in base, path in now)
            for path in sorted(base.keys() | now.keys())
            if base.get(path) != now.get(path)
        }
        last = journal.last()
        undoable = last.what if last is not None and last.head == project.head else None
        return Status(
            project.record["archgen_version"],
            look_ahead(project.record),
            files,
            tuple(_list_drift(project.record)),
            tuple(list_waiting(project.record)),
            undoable,
            tuple(list_standing(project, journal)),
            recovered,
        )


def show_diff(project: Project, paths: Sequence[str]) -> str:
    """What its owner changed, as git shows it; of these paths in the project, or of
    all.
    """
    with begin(project), tempfile.TemporaryDirectory(prefix="archgen-") as place:
        store = project.open_store(Path(place, "store"))
        base = _keep_generated(store, project, Path(place, "base"))
        return store.diff(base, project.keep_all(store), *paths)


def _compare(project: Project, path: str, generated: bool, kept: bool) -> Kind:
    """What its owner did with a file: it was `generated`, and git has it (`kept`)."""
    if not generated:
        return "yours"
    if kept:
        return "changed"
    return "ignored" if os.path.lexists(project.root / path) else "deleted"


def _keep_generated(store: Store, project: Project, folder: Path) -> str:
    """The tree of what was generated, by the version that did."""
    if project.record["archgen_version"] == __version__:
        read_recorded(project.record)
    with open_templates(look_ahead(project.record).written) as templates:
        return keep_rendering(store, project.record, templates, folder)


def _list_drift(record: Mapping[str, Any]) -> list[str]:
    """What the answers come to and the blueprint does not have, or the other way round,
    by its dotted name in archgen.yaml.
    """
    if record["archgen_version"] != __version__:
        record = upgrade(record)
    wanted = _names(
        build_again(record, own_answers(record)).model_dump(mode="json")["modules"]
    )
    there = _names(record["modules"])
    return sorted(
        name
        for name in wanted.keys() | there.keys()
        if wanted.get(name) != there.get(name)
    )


def _names(modules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Modules, entities and fields by dotted name, each with what it is apart from
    those in it.
    """
    found: dict[str, Any] = {}
    for module in modules:
        found[module["name"]] = _without(module, "entities", "retired", "keeps_outbox")
        for entity in module["entities"]:
            place = f"{module['name']}.{entity['name']}"
            found[place] = _without(entity, "fields", "retired", "behind", "placed")
            for one in entity["fields"]:
                found[f"{place}.{one['name']}"] = _without(one, "stored", "absent")
    return found


def _without(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}
