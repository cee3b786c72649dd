"""What the owner of a project wrote that still says a name which is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archgen.generator.record import RECORD
from archgen.growth.trees.store import LINK, Store, Tree

_LONGEST = 100  # characters of a line that are shown
_NAME = re.compile(r"\w+")


def list_mentions(
    store: Store, result: Tree, generated: Tree, words: Sequence[str]
) -> Iterator[str]:
    """The lines with one of these words that are not generated, as `path:line: text`;
    migrations tell of the past, and are left out.

    A word with capitals stands for all names that begin with it and are generated no
    more, as `ShelfIn` or `SHELF_LISTS`.
    """
    if not words:
        return
    word = re.compile("|".join(map(_pattern, words)))
    there: set[str] = set()
    for path, entry in sorted(result.items()):
        if (
            generated.get(path) == entry
            or entry.mode == LINK
            or path == RECORD
            or "/migrations/" in path
        ):
            continue
        try:
            lines = store.read(entry.blob).decode().splitlines()
        except UnicodeDecodeError:
            continue
        known = (
            set(store.read(generated[path].blob).decode(errors="replace").splitlines())
            if path in generated
            else ()
        )
        for number, line in enumerate(lines, 1):
            found = (
                {match[0] for match in word.finditer(line)} if line not in known else ()
            )
            if found and not found <= set(words):
                there = there or _list_names(store, generated)
            if any(name in words or name not in there for name in found):
                yield f"{path}:{number}: {line.strip()[:_LONGEST]}"


def _pattern(word: str) -> str:
    """What finds a word, and, of a class or a constant, the longer names that begin
    with it.
    """
    if not word[:1].isupper():
        return rf"\b{re.escape(word)}\b"
    return rf"\b{re.escape(word)}(?:{'_' if word.isupper() and len(word) > 1 else '[A-Z]'}\w*)?\b"


def _list_names(store: Store, generated: Tree) -> set[str]:
    """The names in generated Python."""
    paths = [path for path in generated if path.endswith(".py")]
    return {
        name
        for path in paths
        for name in _NAME.findall(
            store.read(generated[path].blob).decode(errors="replace")
        )
    }
