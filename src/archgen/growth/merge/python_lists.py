"""Python that both sides add to at one place: imports by name, whole statements, and
words of a list on one line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from archgen.growth.merge.items import Lines, ended, list_around

_WORD = re.compile(
    r"""(?:\b[rbfu]{1,2})?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\w+|[^\w\s]""",
    re.IGNORECASE,
)
_FEW = 3  # words that one change replaces; more is another line, and for its owner to merge
_STATEMENTS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Expr,
)
_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def merge_imports(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Imports by the names that they import."""
    indents = {
        _indent(side)
        for side in (yours, base, new)
        if any(line.strip() for line in side)
    }
    names = [_read_imports(side) for side in (yours, base, new)]
    if len(indents) != 1 or None in names:
        return None
    mine, was, theirs = (set(side or ()) for side in names)
    kept = (mine | theirs) - (was - mine) - (was - theirs)
    found: dict[tuple[int, str], Lines] = {}
    for level, module, name, alias in sorted(
        kept, key=lambda one: (one[0], one[1], one[2].lower())
    ):
        found.setdefault((level, module), []).append(
            f"{name} as {alias}" if alias else name
        )
    indent = " " * indents.pop()
    plain = [f"{indent}import {name}\n" for name in found.pop((-1, ""), [])]
    return plain + [
        f"{indent}from {'.' * level}{module} import {', '.join(imported)}\n"
        for (level, module), imported in found.items()
    ]


def _read_imports(lines: Lines) -> list[tuple[int, str, str, str]] | None:
    """What these lines import, as (dots, module, name, other name); None where they do
    anything else, or a comment would be lost.
    """
    body = _parse(lines)
    if body is None or any("#" in line for line in lines):
        return None
    found = []
    for node in body:
        if isinstance(node, ast.ImportFrom):
            found += [
                (node.level, node.module or "", one.name, one.asname or "")
                for one in node.names
            ]
        elif isinstance(node, ast.Import):
            found += [(-1, "", one.name, one.asname or "") for one in node.names]
        else:
            return None
    return found


def merge_statements(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Functions, classes, assignments and calls that come beside each other, where
    neither side needs what the other makes.
    """
    if any(line.strip() for line in base) or _indent(yours) != _indent(new):
        return None
    mine, theirs = _parse(yours), _parse(new)
    if not mine or not theirs or not all(_is_item(node) for node in (*mine, *theirs)):
        return None
    (made, used), (its, uses) = _names(mine), _names(theirs)
    if made & (its | uses) or its & used:
        return None
    between: Lines = []
    if isinstance(mine[-1], _BLOCKS) or isinstance(theirs[0], _BLOCKS):
        blank = len(yours) - len("".join(yours).rstrip().splitlines())
        blank += next(n for n, line in enumerate(new) if line.strip())
        between = ["\n"] * ((1 if _indent(yours) else 2) - blank)
    return [*yours, *between, *new]


def merge_beside(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Statements of a module that one side put before or after what the other made
    otherwise, where they name nothing that is gone.
    """
    if not any(line.strip() for line in base):
        return None
    for before, its, after in list_around(yours, base, new):
        body = _parse([*before, *after])
        if not body or _indent(before) or _indent(after):
            continue
        _, used = _names(body)
        words = [
            {word for line in side for word in re.findall(r"\w+", line)}
            for side in (base, its)
        ]
        if used & (words[0] - words[1]):
            continue
        # what ends within a block is two lines away from what follows it
        inside = bool(its) and its[-1][:1].isspace() and bool(its[-1].strip())
        apart = ["\n", "\n"] if inside and after and after[0].strip() else []
        return [*before, *ended(its), *apart, *after]
    return None


def _is_item(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(node, _STATEMENTS) and (
        call is None
        or isinstance(call.value if isinstance(call, ast.Await) else call, ast.Call)
    )


def _names(body: Sequence[ast.stmt]) -> tuple[set[str], set[str]]:
    """What these statements make, and all that they name."""
    made: set[str] = set()
    for node in body:
        if isinstance(node, _BLOCKS):
            made.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made |= {
                one.id
                for target in targets
                for one in ast.walk(target)
                if isinstance(one, ast.Name)
            }
    named = {
        one.id for node in body for one in ast.walk(node) if isinstance(one, ast.Name)
    }
    return made, named


def _indent(lines: Sequence[str]) -> int:
    """Of the first line that says something."""
    return next((len(line) - len(line.lstrip()) for line in lines if line.strip()), 0)


def _parse(lines: Sequence[str]) -> list[ast.stmt] | None:
    """The statements that these lines are, at whatever depth; None where they are no
    whole ones.
    """
    indent = _indent(lines)
    if any(line.strip() and line[:indent].strip() for line in lines):
        return None
    try:
        return ast.parse(
            "".join(line[indent:] if line.strip() else "\n" for line in lines)
        ).body
    except SyntaxError:
        return None


@dataclass(frozen=True, slots=True)
class _Edit:
    """Words `start` to `end` of what was generated become these."""

    start: int
    end: int
    text: str

    @property
    def item(self) -> str:
        """Of what is only put in, what it adds to a list; empty where that is not what
        it does.
        """
        if self.start != self.end or not (
            self.text.startswith(",") or self.text.endswith(",")
        ):
            return ""
        return self.text.strip(",").strip()


def merge_words(yours: Lines, base: Lines, new: Lines) -> Lines | None:
    """Lines in which both sides change other words; at one place both may add to a
    list. Laid out as the side with more lines.
    """
    texts = ["".join(side) for side in (yours, base, new)]
    if any("#" in text or '"""' in text or not text.strip() for text in texts):
        return None
    sides = (yours, new) if len(yours) >= len(new) else (new, yours)
    return _put_all(texts[1], *sides) or _put_all(texts[1], *sides[::-1])


def _put_all(base: str, first: Lines, second: Lines) -> Lines | None:
    """The first of two sides with what the other changes in it."""
    was, carrier, other = _Words(base), _Words("".join(first)), _Words("".join(second))
    own, edits = was.edits(carrier), was.edits(other)
    if any(_meet(one, another) for one in own for another in edits):
        return None
    for edit in (*own, *edits):
        gone = was.words[edit.start : edit.end]
        taken_out = "," in (*gone[:1], *gone[-1:])
        if (
            not edit.item
            and not 0 < edit.end - edit.start <= _FEW
            and (edit.text or not taken_out)
        ):
            return None
    place = {
        old + n: at + n for old, at, size in was.common(carrier) for n in range(size)
    }
    text = carrier.text
    for edit in reversed([edit for edit in edits if edit not in own]):
        put = _put_in(edit, carrier, place, text)
        if put is None:
            return None
        text = put
    return text.splitlines(keepends=True)


def _meet(one: _Edit, other: _Edit) -> bool:
    if one == other:
        return False
    if one.end < other.start or other.end < one.start:
        return False
    if one.item and other.item:
        return one.item == other.item
    if one.item or other.item:  # one adds beside what the other changes
        added, changed = (one, other) if one.item else (other, one)
        beside = (
            added.start in (changed.start, changed.end) and changed.start != changed.end
        )
        return not beside or added.text.startswith(",") != (added.start == changed.end)
    return True


def _put_in(
    edit: _Edit, carrier: _Words, place: dict[int, int], text: str
) -> str | None:
    """`text`, which is the carrier's up to there, with the edit in it."""
    if not edit.item:
        if (
            any(n not in place for n in range(edit.start, edit.end))
            or edit.start == edit.end
        ):
            return None
        begin, end = (
            carrier.spans[place[edit.start]][0],
            carrier.spans[place[edit.end - 1]][1],
        )
        return text[:begin] + edit.text + text[end:]
    after = edit.text.startswith(",")
    beside = place.get(edit.start - 1 if after else edit.start)
    if beside is None:
        return None
    begin, end = carrier.spans[beside]
    line = text[text.rfind("\n", 0, begin) + 1 :].partition("\n")[0]
    indent = line[: len(line) - len(line.lstrip())]
    rest = (
        text[end:].partition("\n")[0].strip()
        if after
        else text[text.rfind("\n", 0, begin) + 1 : begin].strip()
    )
    alone = "\n" in text.strip() and rest in ("", ",")
    gap = f"\n{indent}" if alone else " "
    return (
        text[:end] + f",{gap}{edit.item}" + text[end:]
        if after
        else text[:begin] + f"{edit.item},{gap}" + text[begin:]
    )


class _Words:
    """A text in words; a comma before a bracket that closes is layout, and none."""

    def __init__(self, text: str) -> None:
        found = [(match[0], match.span()) for match in _WORD.finditer(text)]
        following = [word for word, _ in found[1:]] + [""]
        kept = [
            one
            for one, then in zip(found, following, strict=True)
            if not (one[0] == "," and then in (")", "]", "}"))
        ]
        self.text = text
        self.words = [word for word, _ in kept]
        self.spans = [span for _, span in kept]

    def common(self, other: _Words) -> list[tuple[int, int, int]]:
        matcher = SequenceMatcher(None, self.words, other.words, autojunk=False)
        return [
            (block.a, block.b, block.size) for block in matcher.get_matching_blocks()
        ]

    def edits(self, other: _Words) -> list[_Edit]:
        matcher = SequenceMatcher(None, self.words, other.words, autojunk=False)
        return [
            _Edit(
                i,
                j,
                other.text[other.spans[k][0] : other.spans[last - 1][1]]
                if k < last
                else "",
            )
            for what, i, j, k, last in matcher.get_opcodes()
            if what != "equal"
        ]
