"""Lists that both sides append to, merged as lists: where a person sees no conflict, there is none.

Imports are merged by the names that they import; items on lines of their own (dependencies, arguments, fields of a class) by line; and entries
of YAML (services of a compose file) by key. A conflict that is anything else, or in which both sides say the same item
otherwise, stays one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from archgen.growth.store import NEW, YOURS, Store

Lines = list[str]
Merge = Callable[[Lines, Lines, Lines], Lines | None]

_DEPENDENCY = re.compile(r'\s*"([A-Za-z0-9._-]+)[^"]*",?\s*(#.*)?')
_FIELD = re.compile(r"\s+([a-z_][a-z0-9_]*): [^=]+( = .+)?")
_ARGUMENT = re.compile(r'\s+(?:"([^"]+)": |(?:[\w.]+\()"([^"]+)").*,\s*')
_ENTRY = re.compile(r"( *)([\w.-]+):.*")


def merge_lists(store: Store, path: str, yours: bytes, base: bytes, new: bytes) -> bytes | None:
    """The three contents of a file merged, or None where that leaves a conflict."""
    content = store.merge_marked(yours, base, new)
    if content is None:
        return None
    try:
        marked = content.decode()
    except UnicodeDecodeError:
        return None
    ways = _WAYS.get(PurePosixPath(path).suffix, ())
    parts: Lines = []
    for part in _split(marked):
        if isinstance(part, str):
            parts.append(part)
            continue
        merged = next((found for way in ways if (found := way(*part)) is not None), None)
        if merged is None:
            return None
        parts += merged
    return "".join(parts).encode()


def _split(marked: str) -> Iterator[str | tuple[Lines, Lines, Lines]]:
    """The lines of a merged file, and for each conflict in it yours, what was generated, and what is new."""
    sides: tuple[Lines, Lines, Lines] = ([], [], [])
    side = -1
    for line in marked.splitlines(keepends=True):
        word = line.rstrip("\r\n")
        if side == -1 and word == f"<<<<<<< {YOURS}":
            sides, side = ([], [], []), 0
        elif side == 0 and word.startswith("|||||||"):
            side = 1
        elif side == 1 and word == "=======":
            side = 2
        elif side == 2 and word == f">>>>>>> {NEW}":
            side = -1
            yield sides
        elif side == -1:
            yield line
        else:
            sides[side].append(line)


def _merge_imports(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    names = [_read_imports(side) for side in (yours, base, new)]
    if any(side is None for side in names):
        return None
    mine, was, theirs = (set(side or ()) for side in names)
    kept = (mine | theirs) - (was - mine) - (was - theirs)
    found: dict[tuple[int, str], Lines] = {}
    for level, module, name, alias in sorted(kept, key=lambda one: (one[0], one[1], one[2].lower())):
        found.setdefault((level, module), []).append(f"{name} as {alias}" if alias else name)
    plain = [f"import {name}\n" for name in found.pop((-1, ""), [])]
    return plain + [
        f"from {'.' * level}{module} import {', '.join(imported)}\n" for (level, module), imported in found.items()
    ]


def _read_imports(lines: Lines) -> list[tuple[int, str, str, str]] | None:
    """What these lines import, as (dots, module, name, other name); None where they do anything else."""
    if any("#" in line or (line[:1].isspace() and line.strip()) for line in lines):
        return None  # a comment would be lost, and what is indented is within something
    try:
        body = ast.parse("".join(lines)).body
    except SyntaxError:
        return None
    found = []
    for node in body:
        if isinstance(node, ast.ImportFrom):
            found += [(node.level, node.module or "", one.name, one.asname or "") for one in node.names]
        elif isinstance(node, ast.Import):
            found += [(-1, "", one.name, one.asname or "") for one in node.names]
        else:
            return None
    return found


def _merge_items(pattern: re.Pattern[str]) -> Merge:
    """Of lines that each are an item, which has a key."""

    def merge(yours: Lines, base: Lines, new: Lines) -> Lines | None:
        matches = [pattern.fullmatch(line.rstrip("\r\n")) for line in (*yours, *base, *new)]
        indents = {len(line) - len(line.lstrip()) for line in (*yours, *base, *new)}
        if not all(matches) or len(indents) > 1:
            return None
        gone = (set(base) - set(yours)) | (set(base) - set(new))
        kept = [line for line in yours if line not in gone] + [line for line in new if line not in (*yours, *gone)]
        keys = [_key(pattern.fullmatch(line.rstrip("\r\n"))) for line in kept]
        return kept if len(set(keys)) == len(keys) else None

    return merge


def _key(match: re.Match[str] | None) -> str:
    return next((group for group in match.groups() if group), "") if match else ""


def _merge_entries(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Of entries of a mapping in YAML that come beside each other, each with what is in it."""
    if any(line.strip() for line in base):
        return None
    mine, theirs = _read_entries(yours), _read_entries(new)
    if mine is None or theirs is None or set(mine) & set(theirs):
        return None
    return [*yours, *new]


def _read_entries(lines: Sequence[str]) -> list[tuple[str, str]] | None:
    """Indentation and key of each; None where the lines are not whole entries."""
    first = next((line for line in lines if line.strip()), "")
    match = _ENTRY.fullmatch(first.rstrip("\r\n"))
    if match is None:
        return None
    indent = match[1]
    found = []
    for line in lines:
        text = line.rstrip("\r\n")
        if not text.strip() or text.startswith((f"{indent} ", f"{indent}#")):
            continue
        match = _ENTRY.fullmatch(text)
        if match is None or match[1] != indent:
            return None
        found.append((indent, match[2]))
    return found


_WAYS: dict[str, tuple[Merge, ...]] = {
    ".py": (_merge_imports, _merge_items(_FIELD), _merge_items(_ARGUMENT)),
    ".toml": (_merge_items(_DEPENDENCY),),
    ".yaml": (_merge_entries,),
    ".yml": (_merge_entries,),
}
