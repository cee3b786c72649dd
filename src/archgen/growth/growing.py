"""plan -> merge -> write: how any command changes a project that is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from archgen import __version__
from archgen.blueprint.recorded import read_recorded
from archgen.catalog import templates_dir
from archgen.errors import ArchgenError, TargetError
from archgen.generator.layout import Known
from archgen.growth.merge.mentions import list_mentions
from archgen.growth.merge.merging import Outcome, Settle, keep_rendering, merge
from archgen.growth.merge.restyling import lay_out_alike
from archgen.growth.releases.releases import is_updatable
from archgen.growth.trees.journal import Change, File, Journal, Note, read_file
from archgen.growth.trees.owner import Project
from archgen.growth.trees.store import Conflict, Store, Tree

Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Grown:
    """What a command did, or, in a dry run, would do; `diff`: of it, as git shows it;
    `named`: the owner's lines that say what is gone; `kept`: where what was not
    committed is; `ignored`: the new files that git passes over.
    """

    what: str
    files: Mapping[str, Kind]
    conflicts: tuple[Conflict, ...]
    stays_deleted: tuple[str, ...]
    diff: str
    named: tuple[str, ...] = ()
    kept: str | None = None
    ignored: tuple[str, ...] = ()


@contextmanager
def begin(project: Project) -> Iterator[tuple[Journal, str | None]]:
    """The journal of a project that nobody else changes meanwhile, after what was
    interrupted is done.
    """
    journal = Journal(project.root, project.state)
    with journal.alone():
        yield journal, journal.recover()


def prepare(
    project: Project, *, force: bool = False, any_version: bool = False
) -> str | None:
    """See to it that the project can be changed, before its record is read; what to say
    of a command that was interrupted.
    """
    with begin(project) as (journal, recovered):
        check_ready(project, journal, force=force, any_version=any_version)
        return recovered


def grow(
    project: Project,
    what: str,
    record: Mapping[str, Any],
    *,
    settle: Settle | None = None,
    written_by: Path | None = None,
    dry_run: bool = False,
    force: bool = False,
    progress: Callable[[str], None] = lambda step: None,
    at_last: Callable[[], None] = lambda: None,
    words: Sequence[str] = (),
    moved: Callable[[Tree], Tree] | None = None,
) -> Grown:
    """Make the project that of another record, merged with all that its owner made of
    it.

    Nothing is touched before the whole merge is known. `what`: the command, in its
    user's words; `settle`: what git is not to merge; `written_by`: the templates that
    the project was written from, where they are another version's; `force`: what is not
    committed is merged too, and kept under a name of its own first; `at_last` is called
    when all that may fail is done. `words`: names that are gone, to be looked for in
    what is the owner's. `moved`: where the files of a tree lie from now on.
    """
    with (
        begin(project) as (journal, _),
        tempfile.TemporaryDirectory(prefix="archgen-") as place,
    ):
        check_ready(project, journal, force=force, any_version=written_by is not None)
        store = project.open_store(Path(place, "store"))
        loose = (
            project.keep_uncommitted(Path(place, "uncommitted"))
            if force and not dry_run
            else None
        )
        yours = (
            loose.tree
            if loose
            else project.keep_all(store)
            if force
            else project.keep(store)
        )
        progress("Writing what was generated, and what is to be")
        known = Known()
        base, new = (
            keep_rendering(store, one, templates, Path(place, name), known)
            for name, one, templates in (
                ("base", project.record, written_by or templates_dir()),
                ("new", record, templates_dir()),
            )
        )
        progress("Merging it with what is yours")
        laid_out = (
            lay_out_alike(store, base, yours, new, Path(place, "yours"))
            if written_by
            else yours
        )
        if moved is not None:
            base, laid_out = (
                store.build(moved(store.list_files(tree))) for tree in (base, laid_out)
            )
        outcome = replace(
            merge(store, base, laid_out, new, settle=settle),
            yours=store.list_files(yours),
        )
        diff = store.diff(yours, store.build(outcome.result))
        named = tuple(
            list_mentions(store, outcome.result, store.list_files(new), words)
        )
        _check_place(project, outcome)
        kinds = _kinds(outcome)
        ignored = project.list_ignored(
            [path for path, kind in kinds.items() if kind == "added"]
        )
        kept = None
        if not dry_run:
            note = _note(project, store, what, outcome, Path(place, "index"))
            kept = project.refer(loose.commit) if loose else None
            at_last()
            journal.write(note)
        return Grown(
            what,
            kinds,
            outcome.conflicts,
            outcome.stays_deleted,
            diff,
            named,
            kept,
            tuple(ignored),
        )


def check_ready(
    project: Project,
    journal: Journal,
    *,
    force: bool = False,
    any_version: bool = False,
) -> None:
    """TargetError while something stands in the way of a merge; ArchgenError where
    another version wrote the project, if that matters.
    """
    if standing := list_standing(project, journal):
        raise TargetError(
            f"conflicts stand in {', '.join(standing)}",
            "settle them and git add them, or take the command back with --abort",
        )
    project.check_free()
    if not force:
        project.check_clean()
    version = project.record["archgen_version"]
    if version != __version__ and not any_version:
        hint = (
            "archgen update brings it to this version"
            if is_updatable(str(version))
            else f"use archgen {version}"
        )
        raise ArchgenError(
            f"this project was written by archgen {version}, and this is {__version__}: what it wrote then cannot be told",
            hint,
        )
    if version == __version__:
        read_recorded(project.record)


def list_standing(project: Project, journal: Journal) -> list[str]:
    """The paths of the last command's conflicts that nobody has settled."""
    last = journal.last()
    return (
        sorted(set(last.conflicts) & set(project.list_unmerged()))
        if last and last.conflicts
        else []
    )


def _kinds(outcome: Outcome) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for path in outcome.changed:
        there = path in outcome.yours, path in outcome.result
        kinds[path] = "changed" if all(there) else "added" if there[1] else "removed"
    return kinds


def _check_place(project: Project, outcome: Outcome) -> None:
    """Refuse what would be lost by writing: files that git does not know, and whatever
    lies behind a link.
    """
    if project.home is None and outcome.conflicts:
        paths = ", ".join(conflict.path for conflict in outcome.conflicts)
        raise TargetError(
            f"what is yours and what is new conflict in {paths}, and without a repository there is nothing to settle them in",
            'git init && git add --all && git commit -m "Before archgen"',
        )
    for path in outcome.changed:
        place = project.root / path
        if path not in outcome.yours and os.path.lexists(place):
            raise TargetError(
                f"{path} is to be written, and lies there uncommitted",
                "commit it, or move it",
            )
        behind = [
            folder
            for folder in place.parents
            if folder != project.root and folder.is_relative_to(project.root)
        ]
        if any(folder.is_symlink() for folder in behind):
            raise TargetError(
                f"{path} lies behind a symbolic link", "put a folder in its place"
            )
        for folder in behind:
            if folder.is_file():
                raise TargetError(
                    f"{folder.relative_to(project.root)} is a file, and is to be a folder",
                    "move it",
                )
    if edited := project.list_edited(outcome.changed, outcome.yours):
        raise TargetError(
            f"{', '.join(edited[:3])} differs from what is committed, though git passes over it",
            "git update-index --no-assume-unchanged --no-skip-worktree shows it",
        )


def _note(
    project: Project, store: Store, what: str, outcome: Outcome, index: Path
) -> Note:
    changes = [
        _change(project, store, path, outcome.result) for path in outcome.changed
    ]
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
    """Take back what the last command wrote, byte for byte: which command, and what to
    say of it.
    """
    journal = Journal(project.root, project.state)
    with journal.alone(), tempfile.TemporaryDirectory(prefix="archgen-") as place:
        note = journal.latest()
        said = journal.abort(project.head)
        staged = note.index.before if note and note.index else None
        # somebody has staged more since
        if note and staged and read_file(project.index) != staged:
            paths = [
                change.path.relative_to(project.root).as_posix()
                for change in note.files
            ]
            project.unstage(paths, staged.content, Path(place, "index"))
        return (note.what if note else "the command that was interrupted"), said
