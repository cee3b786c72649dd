"""What evolving merges otherwise than git would: composition roots where the parts
become others (`roots.py`), and files that come back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from archgen.catalog import templates_dir
from archgen.generator.layout import lay_out
from archgen.growth.evolve.evolving import go_back
from archgen.growth.evolve.roots import Root, carry
from archgen.growth.merge.lists import merge_lists
from archgen.growth.merge.merging import Settle, Settled, keep_rendering
from archgen.growth.trees.store import LINK, Conflict, Entry, Store, Tree

_SETTINGS = "pyproject.toml"


def settle(before: Mapping[str, Any], after: Mapping[str, Any], root: Path) -> Settle:
    """How the trees of these two records, of the project at `root`, are merged."""
    roots = settle_roots(before, after)

    def both(store: Store, was: Tree, is_now: Tree, is_to_be: Tree) -> Settled:
        found = roots(store, was, is_now, is_to_be)
        returned = _merge_returned(
            before,
            root,
            store,
            {p: e for p, e in is_now.items() if p not in was},
            is_to_be,
        )
        paths = found.paths | returned.keys()
        return Settled(frozenset(paths), {**returned, **found.written}, found.conflicts)

    return both


def _merge_returned(
    before: Mapping[str, Any], root: Path, store: Store, own: Tree, is_to_be: Tree
) -> dict[str, Entry]:
    """Files that the architecture before this one had, that their owner edited and
    kept, and that come again, merged with what was generated then.
    """
    paths = [
        path
        for path in own
        if path in is_to_be and LINK not in (own[path].mode, is_to_be[path].mode)
    ]
    former = go_back(before, root) if paths else None
    if former is None:
        return {}
    with tempfile.TemporaryDirectory(prefix="archgen-") as place:
        then = store.list_files(
            keep_rendering(store, former, templates_dir(), Path(place, "then"))
        )
    merged = {}
    for path in paths:
        if path in then:
            sides = (store.read(tree[path].blob) for tree in (own, then, is_to_be))
            content = merge_lists(store, path, *sides)
            if content is not None:
                merged[path] = Entry(own[path].mode, store.put(content))
    return merged


def settle_roots(before: Mapping[str, Any], after: Mapping[str, Any]) -> Settle:
    """How their roots are merged."""

    def settle(store: Store, was: Tree, is_now: Tree, is_to_be: Tree) -> Settled:
        old = [
            Root(path, modules, _read(store, was[path]), _read(store, is_now[path]))
            for path, modules in _list_roots(before)
            if path in was and path in is_now and is_now[path].mode != LINK
        ]
        edited = [root for root in old if root.yours != root.text]
        if not edited:
            return Settled()
        modules = [module["name"] for module in after["modules"]]
        closed: set[str] = set()
        while True:
            new = [
                # a file of its owner's, or one that they deleted, is not written over
                Root(
                    path,
                    inside,
                    _read(store, is_to_be[path]),
                    closed=path in closed
                    or (path in was) != (path in is_now)
                    or (path in is_now and is_now[path].mode == LINK),
                )
                for path, inside in _list_roots(after)
            ]
            taken, unfit = carry(after["package"], old, new, modules)
            # by git, and by nobody else
            merged = {path for path in unfit if path in is_to_be}
            if merged <= closed:
                break
            closed |= merged
        left = [
            root for root in edited if root.path in unfit and root.path not in is_to_be
        ]
        paths = [root.path for root in edited if root.path not in unfit] + [
            root.path for root in left
        ]
        written = {
            path: Entry(is_to_be[path].mode, store.put(content))
            for path, content in _lay_out(store, taken, is_to_be).items()
        }
        conflicts = tuple(
            Conflict(
                root.path,
                {1: was[root.path], 2: is_now[root.path]},
                _advise(before, after, root),
            )
            for root in left
        )
        return Settled(frozenset(paths), written, conflicts)

    return settle


def _list_roots(record: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """The roots of the parts, each with the modules in it."""
    for part in record["parts"]:
        yield (
            f"src/{record['package']}/apps/{part['name']}.py",
            frozenset(part["modules"]),
        )


def _read(store: Store, entry: Entry) -> str:
    return store.read(entry.blob).decode(errors="surrogateescape")


def _lay_out(
    store: Store, texts: Mapping[str, str], is_to_be: Tree
) -> dict[str, bytes]:
    """These files as the project's own formatter has them."""
    if not texts:
        return {}
    with tempfile.TemporaryDirectory(prefix="archgen-") as place:
        tree = Path(place)
        for path, text in texts.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(
                text, encoding="utf-8", errors="surrogateescape", newline=""
            )
        (tree / _SETTINGS).write_bytes(store.read(is_to_be[_SETTINGS].blob))
        lay_out(tree)
        return {path: (tree / path).read_bytes() for path in texts}


def _advise(before: Mapping[str, Any], after: Mapping[str, Any], root: Root) -> str:
    """Where what is in a root belongs."""
    homes = [path for path, modules in _list_roots(after) if modules & root.modules]
    return (
        f"{before['template']} had it, and {after['template']} has {', '.join(homes)}: put what you wrote there where it belongs, "
        f"and git rm {root.path}"
    )
