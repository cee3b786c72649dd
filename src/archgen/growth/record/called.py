"""What a record knows, and where files lie, with a module called as it is from now on:
its tables stay, and so do their migrations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgen.growth.trees.store import Entry, Tree


def call_in(record: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The record as it was, with a module of another name: what its modules and their
    history say of it.
    """
    history = {
        new if name == old else name: past
        for name, past in record.get("history", {}).items()
    }
    return {
        **record,
        "modules": _call(record["modules"], old, new),
        "history": _call(history, old, new),
    }


def _call(said: Any, old: str, new: str) -> Any:
    if isinstance(said, list | tuple):
        return [_call(one, old, new) for one in said]
    if not isinstance(said, Mapping):
        return said
    found = {key: _call(one, old, new) for key, one in said.items()}
    if found.get("module") == old:  # of a reference, or a reaction
        found["module"] = new
    if "event" in found:
        found["event"] = call_event(found["event"], old, new)
    if "kind" in found and "part" in found:  # the module itself, or one beside it
        found["name"] = new if found["name"] == old else found["name"]
        found["subscribes"] = [
            call_event(kind, old, new) for kind in found["subscribes"]
        ]
        found["uses"] = [new if name == old else name for name in found["uses"]]
    return found


def call_event(event: str, old: str, new: str) -> str:
    """`catalog.book.deleted`, or the reference `catalog.book`, of a module that is
    called otherwise.
    """
    module, dot, rest = event.partition(".")
    return f"{new}{dot}{rest}" if module == old else event


def move_files(tree: Tree, package: str, old: str, new: str) -> dict[str, Entry]:
    """The tree with all that lies in the folders of a module, and its contract, where
    they lie from now on: its owner's files, too.
    """
    source = f"src/{package}"
    places = {
        f"{source}/{old}/": f"{source}/{new}/",
        f"tests/{old}/": f"tests/{new}/",
        f"{source}/contracts/{old}.py": f"{source}/contracts/{new}.py",
        f"{source}/contracts/{old}_http.py": f"{source}/contracts/{new}_http.py",
        f"{source}/contracts/released/{old}.json": f"{source}/contracts/released/{new}.json",
    }
    moved = {}
    for path, entry in tree.items():
        for before, after in places.items():
            if path == before or (before.endswith("/") and path.startswith(before)):
                path = after + path.removeprefix(before)
                break
        moved[path] = entry
    return moved
