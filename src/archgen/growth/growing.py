"""plan -> merge -> write: how any command changes a project that is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from archgen import __version__
from archgen.catalog import templates_dir
from archgen.errors import ArchgenError, TargetError
from archgen.growth.journal import Change, File, Journal, Note, read_file
from archgen.growth.merging import Outcome, keep_rendering, merge
from archgen.growth.owner import Project
from archgen.growth.store import Conflict, Store, Tree

Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Grown:
    """What a command did, or, in a dry run, would do; `diff`: of it, as git shows it."""

    what: str
    files: Mapping[str, Kind]
    conflicts: tuple[Conflict, ...]
    stays_deleted: tuple[str, ...]
    diff: str


@contextmanager
def begin(project: Project) -> Iterator[tuple[Journal, str | None]]:
    """The journal of a project that nobody else changes meanwhile, after what was interrupted is done."""
    journal = Journal(project.root, project.state)
    with journal.alone():
        yield journal, journal.recover()


def prepare(project: Project) -> str | None:
    """See to it that the project can be changed, before its record is read; what to say of a command that was interrupted."""
    with begin(project) as (journal, recovered):
        check_ready(project, journal)
        return recovered


def grow(
    project: Project,
    what: str,
    record: Mapping[str, Any],
    *,
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda step: None,
    at_last: Callable[[], None] = lambda: None,
) -> Grown:
    """Make the project that of another record, merged with all that its owner made of it.

    Nothing is touched before the whole merge is known. `what`: the command, in its user's words; `at_last` is called when
    all that may fail is done.
    """
    with begin(project) as (journal, _), tempfile.TemporaryDirectory(prefix="archgen-") as place:
        check_ready(project, journal)
        store = project.open_store(Path(place, "store"))
        yours = project.keep(store)
        progress("Writing what was generated, and what is to be")
        base, new = (
            keep_rendering(store, one, templates_dir(), Path(place, name))
            for name, one in (("base", project.record), ("new", record))
        )
        progress("Merging it with what is yours")
        outcome = merge(store, base, yours, new)
        diff = store.diff(yours, store.build(outcome.result))
        grown = Grown(what, _kinds(outcome), outcome.conflicts, outcome.stays_deleted, diff)
        _check_place(project, outcome)
        if not dry_run:
            note = _note(project, store, what, outcome, Path(place, "index"))
            at_last()
            journal.write(note)
        return grown


def check_ready(project: Project, journal: Journal) -> None:
    """TargetError while something stands in the way of a merge; ArchgenError where what was generated cannot be told."""
    if standing := list_standing(project, journal):
        raise TargetError(
            f"conflicts stand in {', '.join(standing)}",
            "settle them and git add them, or take the command back with --abort",
        )
    project.check_clean()
    version = project.record["archgen_version"]
    if version != __version__:
        raise ArchgenError(
            f"this project was written by archgen {version}, and this is {__version__}: what it wrote then cannot be told",
            f"use archgen {version}",
        )


def list_standing(project: Project, journal: Journal) -> list[str]:
    """The paths of the last command's conflicts that nobody has settled."""
    last = journal.last()
    return sorted(set(last.conflicts) & set(project.list_unmerged())) if last and last.conflicts else []


def _kinds(outcome: Outcome) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for path in outcome.changed:
        there = path in outcome.yours, path in outcome.result
        kinds[path] = "changed" if all(there) else "added" if there[1] else "removed"
    return kinds


def _check_place(project: Project, outcome: Outcome) -> None:
    """Refuse what would be lost by writing: files that git does not know, and whatever lies behind a link."""
    if project.home is None and outcome.conflicts:
        paths = ", ".join(conflict.path for conflict in outcome.conflicts)
        raise TargetError(
            f"what is yours and what is new conflict in {paths}, and without a repository there is nothing to settle them in",
            'git init && git add --all && git commit -m "Before archgen"',
        )
    for path in outcome.changed:
        place = project.root / path
        if path not in outcome.yours and os.path.lexists(place):
            raise TargetError(f"{path} is to be written, and lies there uncommitted", "commit it, or move it")
        behind = [folder for folder in place.parents if folder != project.root and folder.is_relative_to(project.root)]
        if any(folder.is_symlink() for folder in behind):
            raise TargetError(f"{path} lies behind a symbolic link", "put a folder in its place")
    if edited := project.list_edited(outcome.changed, outcome.yours):
        raise TargetError(
            f"{', '.join(edited[:3])} differs from what is committed, though git passes over it",
            "git update-index --no-assume-unchanged --no-skip-worktree shows it",
        )


def _note(project: Project, store: Store, what: str, outcome: Outcome, index: Path) -> Note:
    changes = [_change(project, store, path, outcome.result) for path in outcome.changed]
    conflicts = [conflict.path for conflict in outcome.conflicts]
    marked = None
    if project.home is not None and (before := read_file(project.index)) is not None:
        after = before
        if outcome.conflicts:
            shutil.copyfile(project.index, index)
            project.mark(outcome.conflicts, store, index)
            after = File(index.read_bytes(), before.mode)
        marked = Change(project.index, before, after)
    return Note(what, project.head, changes, conflicts, marked)


def _change(project: Project, store: Store, path: str, result: Tree) -> Change:
    entry = result.get(path)
    after = File(project.check_out(path, entry, store), entry.mode) if entry else None
    return Change(project.root / path, read_file(project.root / path), after)


def abort(project: Project) -> tuple[str, list[str]]:
    """Take back what the last command wrote, byte for byte: which command, and what to say of it."""
    journal = Journal(project.root, project.state)
    with journal.alone():
        last = journal.last()
        said = journal.abort(project.head)
        return (last.what if last else "the command that was interrupted"), said
