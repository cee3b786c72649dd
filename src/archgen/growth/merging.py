"""What was generated, what the owner has and what is to be generated, merged; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archgen.generator.record import RECORD
from archgen.generator.rendering import render
from archgen.growth.comments import carry_comments
from archgen.growth.lists import merge_lists
from archgen.growth.store import LINK, Conflict, Entry, Store, Tree


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the owner's tree: `yours` is to be `result`. `stays_deleted`: files that archgen would have changed."""

    yours: Tree
    result: Tree
    conflicts: tuple[Conflict, ...]
    stays_deleted: tuple[str, ...]

    @property
    def changed(self) -> list[str]:
        paths = self.yours.keys() | self.result.keys()
        return sorted(path for path in paths if self.yours.get(path) != self.result.get(path))


def keep_rendering(store: Store, record: Mapping[str, Any], templates: Path, folder: Path) -> str:
    """The tree of what is generated from a record; `folder` is a new one for it."""
    render(record, templates, folder)
    return store.keep(folder)


def merge(store: Store, base: str, yours: str, new: str) -> Outcome:
    """The merge of three trees, by git; besides, what the owner deleted stays deleted, and the record is a document."""
    was, is_now, is_to_be = (store.list_files(tree) for tree in (base, yours, new))
    merged = store.merge(base, yours, new)
    result = store.list_files(merged.tree)
    conflicts = []
    for conflict in merged.conflicts:
        if conflict.path == RECORD or _is_deleted(conflict, is_now, result) or _is_listed(store, conflict, result):
            continue
        conflicts.append(conflict)
    result[RECORD] = _merge_record(store, is_now, was, is_to_be)
    deleted = tuple(_list_deleted(was, is_now, is_to_be, result))
    return Outcome(is_now, result, tuple(conflicts), deleted)


def _is_deleted(conflict: Conflict, yours: Tree, result: dict[str, Entry]) -> bool:
    """Whether that is a file that the owner deleted and archgen changed; it is taken out of the result."""
    if 1 not in conflict.stages or 2 in conflict.stages or conflict.path in yours:
        return False
    result.pop(conflict.path, None)
    return True


def _is_listed(store: Store, conflict: Conflict, result: dict[str, Entry]) -> bool:
    """Whether both sides only add to the same lists; the result has what both add."""
    if (
        set(conflict.stages) != {1, 2, 3}
        or conflict.path not in result
        or LINK in {e.mode for e in conflict.stages.values()}
    ):
        return False
    yours, base, new = (store.read(conflict.stages[stage].blob) for stage in (2, 1, 3))
    merged = merge_lists(store, conflict.path, yours, base, new)
    if merged is None:
        return False
    result[conflict.path] = Entry(result[conflict.path].mode, store.put(merged))
    return True


def _list_deleted(was: Tree, is_now: Tree, is_to_be: Tree, result: Tree) -> Iterator[str]:
    """What archgen generates, and its owner has deleted; what the owner has under another name is not deleted."""
    kept = {entry.blob for path, entry in is_now.items() if path not in was}
    for path in sorted(was.keys() & is_to_be.keys() - is_now.keys() - result.keys()):
        if was[path].blob not in kept and was[path] != is_to_be[path]:
            yield path


def _merge_record(store: Store, yours: Tree, was: Tree, is_to_be: Tree) -> Entry:
    contents = (store.read(tree[RECORD].blob) for tree in (yours, was, is_to_be))
    return Entry(yours[RECORD].mode, store.put(carry_comments(store, *contents)))
