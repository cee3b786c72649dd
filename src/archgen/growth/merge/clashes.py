"""Names that both sides make in one file of Python, at places that do not meet: merged
line by line, the later one would hide the other.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from archgen.growth.merge.lists import is_marked
from archgen.growth.trees.store import LINK, Conflict, Entry, Store, Tree

_MADE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def list_clashes(
    store: Store, was: Tree, is_now: Tree, is_to_be: Tree, result: Tree
) -> Iterator[Conflict]:
    """The files that are merged of what both sides have, and in which a class, function
    or field is made twice since.
    """
    for path, entry in result.items():
        sides = {1: was.get(path), 2: is_now.get(path), 3: is_to_be.get(path)}
        stages = {number: side for number, side in sides.items() if side is not None}
        if (
            not path.endswith(".py")
            or {2, 3} - stages.keys()
            or LINK in {one.mode for one in stages.values()}
        ):
            continue
        if entry.blob not in (stages[2].blob, stages[3].blob) and (
            names := _list_new(store, entry, stages)
        ):
            says = f"both you and archgen make {', '.join(names)} in it: give yours another name, or take one of them away"
            yield Conflict(path, stages, says)


def _list_new(store: Store, result: Entry, stages: Mapping[int, Entry]) -> list[str]:
    """What is made twice, and is on neither side."""
    twice = _list_twice(store.read(result.blob))
    known = (
        {
            name
            for number in (2, 3)
            for name in _list_twice(store.read(stages[number].blob))
        }
        if twice
        else ()
    )
    return [name for name in twice if name not in known]


def _list_twice(content: bytes) -> list[str]:
    """The dotted names that a file makes more than once at its top, or in a class
    there; none where it is no Python, or conflicts.
    """
    if is_marked(content.decode(errors="replace")):
        return []
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return []
    made = Counter(_list_made(tree))
    return [name for name, times in made.items() if times > 1]


def _list_made(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, _MADE):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, _MADE):
                    yield f"{node.name}.{inner.name}"
                elif isinstance(inner, ast.AnnAssign) and isinstance(
                    inner.target, ast.Name
                ):
                    yield f"{node.name}.{inner.target.id}"
