"""The facts that a JDL file states, counted by a parser that shares nothing with
archgen's own.

A fact is an entity, a field with its type, each rule of a field, the labels of an enum,
a relation, what a relation requires, and each option of an entity that a backend
answers: pages, filters, search, read-only, audit, the service that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RULE = r"required\b|unique\b|(?:minlength|maxlength|minbytes|maxbytes|min|max)\s*\([^)]*\)|pattern\s*\(\s*(?:/.*?/|\"[^\"]*\")\s*\)"
_FIELD = re.compile(rf"(?<![@\w])(\w+)\s+([A-Za-z]\w*)((?:[ \t]+(?:{_RULE}))*)")
_SIDE = r"(\w+)\s*(?:\{\s*(?:@\w+\s*)?(\w+)\s*(?:\(\s*(\w+)\s*\))?\s*(required)?\s*\})?"
_LINK = re.compile(rf"{_SIDE}\s+to\s+(?:@\w+(?:\([^)]*\))?\s*)*{_SIDE}", re.DOTALL)
_OPTION = re.compile(
    r"(?m)^\s*(paginate|filter|search|microservice|readOnly)\s+((?:\*|\w+)(?:\s*,\s*\w+)*)(?:\s+with\s+([\w-]+))?(?:\s+except\s+(\w+(?:\s*,\s*\w+)*))?"
)
RELATIONS = ("OneToOne", "OneToMany", "ManyToOne", "ManyToMany")


@dataclass(frozen=True, slots=True)
class Fact:
    """`kind` of what was said of `entity` and its `name`; `value` is the type, the
    bound, the other end or the option's.
    """

    kind: str
    line: int
    entity: str
    name: str = ""
    value: str = ""
    other: str = ""
    other_name: str = ""

    def __str__(self) -> str:
        subject = f"{self.entity}.{self.name}" if self.name else self.entity
        return f"line {self.line}: {self.kind} {subject} {self.value} {self.other}".rstrip()


def facts(text: str) -> list[Fact]:
    """All of a file, in its order."""
    plain = _without_comments(text)
    constants = dict(re.findall(r"(?m)^\s*([A-Za-z_]\w*)\s*=\s*([-+.\d]+)", plain))
    plain = re.sub(
        r"\(\s*(\w+)\s*\)",
        lambda m: f"({constants[m[1]]})" if m[1] in constants else m[0],
        plain,
    )
    enums = {
        name: re.findall(r"(\w+)\s*(?:\(\s*\"?([^)\"]*)\"?\s*\))?", body)
        for name, body, _ in _blocks(plain, "enum")
    }
    found = [*_entities(plain, enums)]
    entities = [fact.entity for fact in found if fact.kind == "entity"]
    found += _labels(plain, [fact for fact in found if fact.kind == "field"])
    found += _relations(plain)
    found += _options(plain, entities)
    return sorted(found, key=lambda fact: fact.line)


def _without_comments(text: str) -> str:
    """The same text with blanks for what is a comment, so that lines stay."""
    pattern = re.compile(r"/\*.*?\*/|//[^\n]*|pattern\s*\(\s*/.*?/\s*\)", re.DOTALL)
    return pattern.sub(
        lambda m: m[0] if m[0].startswith("pattern") else re.sub(r"[^\n]", " ", m[0]),
        text,
    )


def _blocks(text: str, word: str) -> Iterator[tuple[str, str, int]]:
    """Name, content and offset of the content of each `word NAME { ... }`."""
    for match in re.finditer(
        rf"(?m)(?:^|[\s}}])(?:{word})\s+(\w+)\s*(?:\(\w+\))?[ \t\n]*(\{{)?", text
    ):
        begun = match.start(1)
        if text.count("{", 0, begun) > text.count("}", 0, begun):
            continue  # a field that is called as a block is
        if match[2] is None:
            yield match[1], "", match.end()
            continue
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield match[1], text[match.end() : end - 1], match.end()


def _entities(text: str, enums: dict[str, list[tuple[str, str]]]) -> Iterator[Fact]:
    for name, body, offset in _blocks(text, "entity"):
        line = text.count("\n", 0, offset) + 1
        before = text[:offset].rpartition("entity")[0].rstrip()
        annotations = re.findall(r"@(\w+)", re.split(r"[{}]", before)[-1])
        fields = list(_FIELD.finditer(body))
        if name == "User" and not fields:
            continue
        yield Fact("entity", line, name)
        if "EnableAudit" in annotations:
            yield Fact("audit", line, name)
        for match in fields:
            here = line + body.count("\n", 0, match.start(1))
            kind = "field"
            values = (
                "|".join(dict.fromkeys(value for value, _ in enums[match[2]]))
                if match[2] in enums
                else ""
            )
            yield Fact(kind, here, name, match[1], match[2], values)
            for rule in re.findall(_RULE, match[3]):
                word, _, value = rule.partition("(")
                yield Fact(
                    word.strip(), here, name, match[1], value.rpartition(")")[0].strip()
                )


def _labels(text: str, fields: list[Fact]) -> Iterator[Fact]:
    """Labels of an enum, at the first field that has it."""
    for name, body, offset in _blocks(text, "enum"):
        labels = re.findall(r"\(\s*\"?([^)\"]*)\"?\s*\)", body)
        holder = next((fact for fact in fields if fact.value == name), None)
        if labels and holder is not None:
            line = text.count("\n", 0, offset) + 1
            yield Fact(
                "labels",
                line,
                holder.entity,
                holder.name,
                name,
                "|".join(map(str.strip, labels)),
            )


def _relations(text: str) -> Iterator[Fact]:
    for kind, body, offset in _blocks(text, "relationship"):
        line = text.count("\n", 0, offset) + 1
        for match in _LINK.finditer(body):
            first, field, _, required, second, back, _, back_required = match.groups()
            here = line + body.count("\n", 0, match.start())
            yield Fact("relation", here, first, field or "", kind, second, back or "")
            if required:
                yield Fact(
                    "relation required",
                    here,
                    first,
                    field or "",
                    kind,
                    second,
                    back or "",
                )
            if back_required:
                yield Fact(
                    "relation required",
                    here,
                    second,
                    back or "",
                    {"OneToMany": "ManyToOne", "ManyToOne": "OneToMany"}.get(
                        kind, kind
                    ),
                    first,
                    field or "",
                )


def _options(text: str, entities: list[str]) -> Iterator[Fact]:
    for match in _OPTION.finditer(text):
        option, named, value, without = match.groups()
        names = entities if named in ("*", "all") else re.split(r"\s*,\s*", named)
        left = re.split(r"\s*,\s*", without) if without else []
        line = text.count("\n", 0, match.start(1)) + 1
        for name in names:
            if name in entities and name not in left:
                yield Fact(option, line, name, "", value or "")
