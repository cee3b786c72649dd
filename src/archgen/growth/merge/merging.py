"""What was generated, what the owner has and what is to be generated, merged; nothing
is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archgen.errors import TargetError
from archgen.generator.layout import Known
from archgen.generator.record import RECORD
from archgen.generator.rendering import render
from archgen.growth.merge.clashes import list_clashes
from archgen.growth.merge.comments import carry_comments
from archgen.growth.merge.lists import merge_partly
from archgen.growth.trees.store import LINK, YOURS, Conflict, Entry, Store, Tree


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the owner's tree: `yours` is to be `result`. `stays_deleted`:
    files that archgen would have changed.
    """

    yours: Tree
    result: Tree
    conflicts: tuple[Conflict, ...]
    stays_deleted: tuple[str, ...]

    @property
    def changed(self) -> list[str]:
        paths = self.yours.keys() | self.result.keys()
        return sorted(
            path for path in paths if self.yours.get(path) != self.result.get(path)
        )


def keep_rendering(
    store: Store,
    record: Mapping[str, Any],
    templates: Path,
    folder: Path,
    known: Known | None = None,
) -> str:
    """The tree of what is generated from a record; `folder` is a new one for it,
    `known` what was laid out before.
    """
    render(record, templates, folder, known)
    return store.keep(folder)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is merged otherwise than by git: `paths` of the owner's tree, what the
    result has of them (`written`), and where they conflict.
    """

    paths: frozenset[str] = frozenset()
    written: Mapping[str, Entry] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


# by the sides that have it
_WANTS = {
    frozenset({1, 2}): "has that file no more",
    frozenset({1, 2, 3}): "changes that file",
    frozenset({2, 3}): "adds that file",
}
# of what was generated, is yours and is to be
Settle = Callable[[Store, Tree, Tree, Tree], Settled]


def merge(
    store: Store, base: str, yours: str, new: str, *, settle: Settle | None = None
) -> Outcome:
    """The merge of three trees, by git; besides, what the owner deleted stays deleted,
    and the record is a document.

    `settle` says first what git is not to merge.
    """
    was, is_now, is_to_be = (store.list_files(tree) for tree in (base, yours, new))
    settled = settle(store, was, is_now, is_to_be) if settle else Settled()
    settled = _settle_links(settled, was, is_now, is_to_be)
    if settled.paths:
        kept = {
            path: entry for path, entry in is_now.items() if path not in settled.paths
        }
        yours = store.build(
            {**kept, **{path: was[path] for path in settled.paths if path in was}}
        )
    merged = store.merge(base, yours, new)
    result = store.list_files(merged.tree)
    conflicts, left_out = list(settled.conflicts), set()
    result |= {
        **settled.written,
        **{one.path: one.stages[2] for one in settled.conflicts},
    }
    for side in (is_now, is_to_be):
        result |= _list_lost(was, side, result, merged.conflicts)
    hidden = _put_back(merged.conflicts, was, is_now, result)
    for conflict in merged.conflicts:
        if (
            conflict.path == RECORD
            or conflict.path in hidden
            or _follows(conflict, is_now, is_to_be, result)
        ):
            continue
        if _is_listed(store, conflict, result):
            continue
        if _is_deleted(conflict, is_now, result):
            left_out.add(conflict.path)
        else:
            conflicts.append(conflict)
    known = {conflict.path for conflict in conflicts}
    clashes = list_clashes(store, was, is_now, is_to_be, result)
    conflicts += [conflict for conflict in clashes if conflict.path not in known]
    result[RECORD] = _merge_record(store, is_now, was, is_to_be)
    # what git has no conflict about went to where its owner moved the file
    deleted = {path for path in left_out if path in is_to_be}
    deleted |= {
        path for path in hidden & is_to_be.keys() if was.get(path) != is_to_be[path]
    }
    return Outcome(is_now, result, tuple(conflicts), tuple(sorted(deleted)))


def _settle_links(settled: Settled, was: Tree, yours: Tree, is_to_be: Tree) -> Settled:
    """A link that the owner put where a file was generated, or is to be, stays, and is
    a conflict where that file is to be another, or none: git would take it for a file
    of theirs beside one that they deleted, or renamed.
    """
    links = [
        path
        for path, entry in yours.items()
        if entry.mode == LINK
        and path != RECORD
        and (was[path].mode != LINK if path in was else path in is_to_be)
    ]
    conflicts = []
    for path in links:
        sides = {1: was.get(path), 2: yours[path], 3: is_to_be.get(path)}
        if sides[1] == sides[3]:
            continue
        stages = {number: side for number, side in sides.items() if side is not None}
        wants = _WANTS[frozenset(stages)]
        says = f"you put a symbolic link in its place, and archgen {wants}"
        conflicts.append(Conflict(path, stages, says))
    kept = {path: yours[path] for path in links}
    return Settled(
        settled.paths | kept.keys(),
        {**settled.written, **kept},
        (*settled.conflicts, *conflicts),
    )


def _list_lost(
    was: Tree, side: Tree, result: Tree, conflicts: Sequence[Conflict]
) -> dict[str, Entry]:
    """What a side adds and git has dropped: git 2.39 does that to files that lie in a
    folder which the other side's renames reach into.
    """
    known = {entry.blob for path, entry in result.items() if path not in side}
    told = {conflict.path for conflict in conflicts}
    missing = side.keys() - was.keys() - result.keys() - told
    return {path: side[path] for path in missing if side[path].blob not in known}


def _put_back(
    conflicts: Sequence[Conflict], was: Tree, yours: Tree, result: dict[str, Entry]
) -> set[str]:
    """Let a file that the owner put in the place of a folder that was generated be
    there again; the paths that are left out then.

    A file in the place of a new folder, and what would lie behind a link, are refused
    when it is written.
    """
    folders = {
        folder
        for path in was.keys() - yours.keys()
        for folder in _list_folders(path)
        if folder in yours and yours[folder].mode != LINK
    }
    found = set()
    for folder in folders:
        aside = f"{folder}~{YOURS}"
        paths = {*result, *(conflict.path for conflict in conflicts)}
        found |= {
            path
            for path in paths
            if path in (folder, aside) or path.startswith(f"{folder}/")
        }
        result[folder] = yours[folder]
    for path in found - folders:
        result.pop(path, None)
    return found


def _list_folders(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[:number]) for number in range(1, len(steps))]


def _follows(conflict: Conflict, yours: Tree, is_to_be: Tree, result: Tree) -> bool:
    """Whether that is a new file, put where the owner moved all that lay beside it."""
    return (
        set(conflict.stages) == {3}
        and conflict.path not in yours.keys() | is_to_be.keys()
        and conflict.path in result
    )


def _is_deleted(conflict: Conflict, yours: Tree, result: dict[str, Entry]) -> bool:
    """Whether that is a file that the owner deleted and archgen changed; it is taken
    out of the result.
    """
    if 1 not in conflict.stages or 2 in conflict.stages or conflict.path in yours:
        return False
    result.pop(conflict.path, None)
    return True


def _is_listed(store: Store, conflict: Conflict, result: dict[str, Entry]) -> bool:
    """Whether both sides only add to the same lists; the result has what both add, and
    marks what else conflicts.
    """
    if (
        set(conflict.stages) != {1, 2, 3}
        or conflict.path not in result
        or LINK in {e.mode for e in conflict.stages.values()}
    ):
        return False
    yours, base, new = (store.read(conflict.stages[stage].blob) for stage in (2, 1, 3))
    carriage = _ends_otherwise(yours, base)
    if carriage:
        yours = yours.replace(b"\r\n", b"\n")
    merged = merge_partly(store, conflict.path, yours, base, new)
    if merged is None:
        return False
    content = merged.content.replace(b"\n", b"\r\n") if carriage else merged.content
    result[conflict.path] = Entry(result[conflict.path].mode, store.put(content))
    return merged.whole


def _ends_otherwise(yours: bytes, base: bytes) -> bool:
    """Whether the owner ends all lines as Windows does, and what was generated does
    not.
    """
    return (
        b"\r\n" not in base
        and b"\n" in yours
        and yours.count(b"\r\n") == yours.count(b"\n")
    )


def _merge_record(store: Store, yours: Tree, was: Tree, is_to_be: Tree) -> Entry:
    if yours[RECORD].mode == LINK:
        raise TargetError(
            f"{RECORD} is a symbolic link",
            "put the file itself in its place, and commit",
        )
    contents = (store.read(tree[RECORD].blob) for tree in (yours, was, is_to_be))
    return Entry(yours[RECORD].mode, store.put(carry_comments(store, *contents)))
