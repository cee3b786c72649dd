"""The owner's tree as the formatter at hand lays it out, where a project comes to
another one.

What was generated is laid out by that formatter when it is rendered again, and so is
what is new: a change of style is the owner's difference to neither.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from archgen.generator.layout import format_again
from archgen.growth.trees.store import LINK, Entry, Store, Tree

_SETTINGS = "pyproject.toml"


def lay_out_alike(store: Store, base: str, yours: str, new: str, folder: Path) -> str:
    """The tree to merge with: `yours`, laid out anew where `new` asks for another ruff
    than `base` did; `folder` is a new one.
    """
    before, after = (
        _read_formatter(store, store.list_files(tree)) for tree in (base, new)
    )
    if before == after:
        return yours
    tree = store.list_files(yours)
    python = {
        path: entry
        for path, entry in tree.items()
        if path.endswith(".py") or path == _SETTINGS
    }
    python = {path: entry for path, entry in python.items() if entry.mode != LINK}
    store.check_out(python, folder)
    laid = {path: (folder / path).read_bytes() for path in python}
    format_again(folder)
    for path, entry in python.items():
        if (content := (folder / path).read_bytes()) != laid[path]:
            tree[path] = Entry(entry.mode, store.put(content))
    return store.build(tree)


def _read_formatter(store: Store, tree: Tree) -> list[str]:
    """What a project's groups of dependencies ask of ruff."""
    if _SETTINGS not in tree:
        return []
    settings: dict[str, Any] = tomllib.loads(store.read(tree[_SETTINGS].blob).decode())
    groups = settings.get("dependency-groups", {}).values()
    return [
        one
        for group in groups
        for one in group
        if isinstance(one, str) and one.startswith("ruff")
    ]
