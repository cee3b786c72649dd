"""Lists that both sides append to, merged as lists: where a person sees no conflict,
there is none.

A conflict that is anything else, or in which both sides say the same item otherwise,
stays one; so does what could not be read any more when it is merged.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from archgen.growth.merge.apart import merge_apart
from archgen.growth.merge.entries import carry_entries
from archgen.growth.merge.items import (
    Lines,
    Merge,
    ended,
    merge_blocks,
    merge_entries,
    merge_items,
    merge_paragraphs,
    merge_tables,
)
from archgen.growth.merge.python_lists import (
    merge_beside,
    merge_imports,
    merge_statements,
    merge_words,
)
from archgen.growth.trees.store import NEW, YOURS, Store

# of a conflict: yours, what was generated, what is new
Sides = tuple[Lines, Lines, Lines]
_DEPENDENCY = re.compile(r'\s*"([A-Za-z0-9._-]+)[^"]*",?\s*(#.*)?')
_FIELD = re.compile(r"\s+([a-z_][a-z0-9_]*): [^=]+( = .+)?")
_ARGUMENT = re.compile(r'\s+(?:"([^"]+)": |(?:[\w.]+\()?"([^"]+)").*,\s*')
_NAME = re.compile(r"\s+([A-Za-z_][\w.]*)( as \w+)?,")
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=.*")
_ROW = re.compile(r"\s*(?:\| *([^|]+?) *\|.*|[-*] (.*))")
_TARGET = re.compile(r"(\.PHONY: .*|[\w./%$(){}-]+ *(?::|[?+:]?=)).*")
# of NGINX, by its name, and as a whole where a block may have several of that name
_SEVERAL = (
    "access_log add_header add_trailer allow deny error_log error_page geo if include"
    " limit_conn limit_conn_zone limit_req limit_req_zone listen location map"
    " proxy_hide_header proxy_pass_header proxy_set_header return rewrite server set"
    " set_real_ip_from upstream"
)
_DIRECTIVE = re.compile(rf"( *(?:(?:{'|'.join(_SEVERAL.split())})\b.*|[\w${{]\S*)).*")


@dataclass(frozen=True, slots=True)
class Merging:
    """A file merged; `whole`: nothing conflicts any more, else what does is marked in
    it, and no more than that.
    """

    content: bytes
    whole: bool


def merge_lists(
    store: Store, path: str, yours: bytes, base: bytes, new: bytes
) -> bytes | None:
    """The three contents of a file merged, or None where that leaves a conflict."""
    merged = merge_partly(store, path, yours, base, new)
    return merged.content if merged and merged.whole else None


def merge_partly(
    store: Store, path: str, yours: bytes, base: bytes, new: bytes
) -> Merging | None:
    """The three contents of a file merged as far as can be; None where that is no
    further than git merges them.
    """
    content = store.merge_marked(yours, base, new)
    try:
        marked, said = (content or b"").decode(), yours.decode()
    except UnicodeDecodeError:
        return None
    if content is None or is_marked(said):
        return None
    name = PurePosixPath(path)
    ways = _WAYS.get(name.suffix or name.name, ())
    parts: Lines = []
    left = settled = 0
    pieces = list(_split(marked))
    for number, part in enumerate(pieces):
        if isinstance(part, str):
            parts.append(part)
            continue
        merged = next(
            (found for way in ways if (found := way(*part)) is not None),
            _merge_apart(pieces, number, part),
        )
        left, settled = left + (merged is None), settled + (merged is not None)
        parts += _mark(part[0], part[2]) if merged is None else merged
    if left:
        carried = _carry(path, yours, base, new)
        if carried is not None:
            return Merging(carried, whole=True)
        return Merging("".join(parts).encode(), whole=False) if settled else None
    text = "".join(parts)
    reads = _READS.get(name.suffix)
    return (
        None
        if reads and _can(reads, said) and not _can(reads, text)
        else Merging(text.encode(), whole=True)
    )


def _merge_apart(pieces: list[str | Sides], number: int, sides: Sides) -> Lines | None:
    """A conflict merged by what its edits touch, with the line on either side, which
    all three have.
    """
    before, after = (
        [one for one in beside if isinstance(one, str)]
        for beside in (pieces[:number][-1:], pieces[number + 1 : number + 2])
    )
    found = merge_apart(*([*before, *side, *after] for side in sides))
    if found is None or found[: len(before)] != before:
        return None
    last = len(found) - len(after)
    return found[len(before) : last] if found[last:] == after else None


def _mark(yours: Lines, new: Lines) -> Lines:
    """A conflict as git marks it, around the lines in which both sides differ."""
    first = last = 0
    while first < min(len(yours), len(new)) and yours[first] == new[first]:
        first += 1
    while (
        last < min(len(yours), len(new)) - first and yours[-1 - last] == new[-1 - last]
    ):
        last += 1
    mine, its = (side[first : len(side) - last] for side in (yours, new))
    marked = [
        f"<<<<<<< {YOURS}\n",
        *ended(mine),
        "=======\n",
        *ended(its),
        f">>>>>>> {NEW}\n",
    ]
    return [*yours[:first], *marked, *yours[len(yours) - last :]]


def is_marked(text: str) -> bool:
    """Whether a conflict of before stands in it, unsettled, which would be taken for
    one of now.
    """
    return any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.splitlines())


def _carry(path: str, *sides: bytes) -> bytes | None:
    """The entries of a YAML file that are yours in what is new, where all that stood
    beside them may be otherwise.
    """
    if PurePosixPath(path).suffix not in (".yaml", ".yml"):
        return None
    carried = carry_entries(*(side.decode() for side in sides))
    return carried.encode() if carried is not None else None


def _split(marked: str) -> Iterator[str | Sides]:
    """The lines of a merged file, and for each conflict in it yours, what was
    generated, and what is new.
    """
    sides: Sides = ([], [], [])
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


def _can(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except Exception:  # noqa: BLE001 - whatever a reader says of what it cannot read
        return False
    return True


def _read_yaml(text: str) -> None:
    import yaml

    for _ in yaml.compose_all(text, yaml.SafeLoader):
        pass


_READS: Mapping[str, Callable[[str], object]] = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}
_WAYS: Mapping[str, tuple[Merge, ...]] = {
    ".py": (
        merge_imports,
        merge_items(_FIELD, last=" = "),
        merge_items(_ARGUMENT),
        merge_items(_NAME),
        merge_statements,
        merge_words,
        merge_beside,
    ),
    ".toml": (merge_items(_DEPENDENCY), merge_tables),
    ".yaml": (merge_entries,),
    ".yml": (merge_entries,),
    ".example": (merge_items(_VARIABLE),),
    ".md": (merge_items(_ROW), merge_paragraphs),
    "Makefile": (merge_blocks(_TARGET),),
    ".template": (merge_blocks(_DIRECTIVE),),
    ".conf": (merge_blocks(_DIRECTIVE),),
}
