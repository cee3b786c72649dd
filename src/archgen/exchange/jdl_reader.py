"""JDL of unknown origin -> a domain. The grammar stands in `jdl.lark`; what is wrong
with a file is told with its line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from archgen.errors import InputError, Mistake
from archgen.exchange.jdl_mistakes import explain
from archgen.exchange.model import (
    USER,
    Annotation,
    Cardinality,
    Kind,
    Note,
    NoteKind,
    Place,
    Setting,
    Side,
    SourceDomain,
    SourceEntity,
    SourceEnum,
    SourceField,
    SourceRelation,
)
from archgen.exchange.source_file import read_source
from archgen.text import nearest, shown

MOST_BYTES = 2 * 1024 * 1024

TYPES: dict[str, Kind] = {
    "String": "string",
    "TextBlob": "text",
    "Integer": "integer",
    "Long": "integer",
    "BigDecimal": "decimal",
    "Float": "double",
    "Double": "double",
    "Boolean": "boolean",
    "LocalDate": "date",
    "LocalTime": "time",
    "Instant": "datetime",
    "ZonedDateTime": "zoned",
    "Duration": "duration",
    "UUID": "uuid",
    "Blob": "blob",
    "AnyBlob": "blob",
    "ByteBuffer": "blob",
    "ImageBlob": "image",
}
# What `use` names by its value, by the option that it is a value of.
_USES = {
    **dict.fromkeys(("mapstruct",), "dto"),
    **dict.fromkeys(("serviceClass", "serviceImpl"), "service"),
    **dict.fromkeys(("pagination", "infinite-scroll", "pager"), "paginate"),
    **dict.fromkeys(("elasticsearch", "couchbase"), "search"),
}
KEY = ("Id", "id")  # the annotation of a field that is its entity's own id
_TWICE = "is declared twice; the first is kept"


def read_jdl(paths: Sequence[Path]) -> SourceDomain:
    """The domain that these files declare together; InputError with what is wrong with
    any of them.
    """
    mistakes: list[Mistake] = []
    trees: list[tuple[str, Tree[Token], list[Token]]] = []
    for path in paths:
        name = path.name or str(path)
        try:
            trees.append((name, *_parse(_content(path, name), name)))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    reader = _Reader()
    for name, tree, docs in trees:
        reader.take(name, tree, docs)
    return reader.finish(paths[0].stem)


def _content(path: Path, name: str) -> str:
    content = read_source(
        path,
        name,
        most=MOST_BYTES,
        wanted="a file of JDL",
        because=", which no domain needs",
    )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            [
                Mistake(
                    f"{name}, line {line}", "is not text in UTF-8", "save it as UTF-8"
                )
            ]
        ) from None
    if "\0" in text:
        raise InputError(
            [Mistake(name, "holds a byte that no text has", "give a file of JDL")]
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


@cache
def _grammar() -> tuple[Lark, list[Token]]:
    """The parser, and the comments that it meets while it reads."""
    docs: list[Token] = []
    text = Path(__file__).with_name("jdl.lark").read_text(encoding="utf-8")

    def keep(token: Token) -> Token:
        docs.append(token)
        return token

    lark = Lark(
        text,
        parser="lalr",
        propagate_positions=True,
        maybe_placeholders=False,
        lexer_callbacks={"JAVADOC": keep},
    )
    return lark, docs


def _parse(text: str, name: str) -> tuple[Tree[Token], list[Token]]:
    lark, docs = _grammar()
    docs.clear()
    try:
        return lark.parse(text), list(docs)
    except UnexpectedInput as error:
        raise InputError([explain(error, text, name)]) from None


@dataclass(slots=True)
class _Declared:
    """Something that a comment may describe, or None where nothing keeps it; `start`
    and `end` are offsets in its file.
    """

    what: SourceEntity | SourceField | SourceEnum | SourceRelation | None
    start: int
    end: int
    line: int
    inner: bool


@dataclass(slots=True)
class _Reader:
    """Puts together what several files declare."""

    domain: SourceDomain = field(default_factory=SourceDomain)
    constants: dict[str, str] = field(default_factory=dict)
    options: list[tuple[str, str, list[Token], list[Token], Place]] = field(
        default_factory=list
    )
    applications: list[tuple[dict[str, Setting], list[Token], list[Token], Place]] = (
        field(default_factory=list)
    )
    file: str = ""
    declared: list[_Declared] = field(default_factory=list)

    def take(self, file: str, tree: Tree[Token], docs: list[Token]) -> None:
        """All that one file says. Relations, options and services are tied up at the
        end: they name what may follow.
        """
        self.file = file
        self.domain.files.append(file)
        self.declared = []
        waiting: list[Annotation] = []
        for node in _trees(tree):
            if node.data == "annotation":
                waiting.append(self._annotation(node))
                continue
            getattr(self, f"_{node.data}")(node, waiting)
            if node.data not in ("entity", "enum", "relationship"):
                self._declare(None, node, inner=False)
            waiting = []
        self._describe(docs)

    def finish(self, stem: str) -> SourceDomain:
        self._settle_types()
        self._settle_enums()
        self._settle_options()
        self._settle_groups(stem)
        return self.domain

    # what a file declares

    def _entity(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        name = _token(node)
        entity = SourceEntity(str(name), self._at(name))
        for one in annotations:
            if one.name.lower() == "microservice" and one.value:
                self.options.append(("microservice", one.value, [name], [], one.place))
            else:
                entity.annotations.append(one)
        for part in _trees(node):
            if part.data == "table":
                entity.table = str(_token(part))
            else:
                self._fields(entity, part)
        if entity.name in self.domain.entities:
            there = self.domain.entities[entity.name].place
            self._note(
                "unsaid",
                name,
                f"entity {name}",
                f"is declared at {there} already, which is kept",
            )
            return
        self.domain.entities[entity.name] = entity
        self._declare(entity, node, inner=False)

    def _fields(self, entity: SourceEntity, body: Tree[Token]) -> None:
        waiting: list[Annotation] = []
        for part in _trees(body):
            if part.data == "annotation":
                waiting.append(self._annotation(part))
                continue
            name, written = _tokens(part)[:2]
            one = SourceField(
                str(name), "string", str(written), self._at(name), annotations=waiting
            )
            waiting = []
            for rule in _trees(part):
                self._rule(one, rule)
            if key := [other for other in one.annotations if other.name in KEY]:
                one.key = one.required = one.unique = True
                one.annotations.remove(key[0])
            if any(other.name == one.name for other in entity.fields):
                self._note("unsaid", name, f"{entity.name}.{name}", _TWICE)
                continue
            entity.fields.append(one)
            self._declare(one, part, inner=True)

    def _rule(self, one: SourceField, rule: Tree[Token]) -> None:
        if rule.data == "required":
            one.required = True
        elif rule.data == "unique":
            one.unique = True
        elif rule.data == "pattern":
            inside = (
                str(_token(rule)).partition("(")[2].rpartition(")")[0].strip()[1:-1]
            )
            one.pattern = inside.replace("\\/", "/")
        else:
            one.bounds[str(_token(rule))] = str(_token(next(_trees(rule))))

    def _enum(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        name = _token(node)
        values: dict[str, str | None] = {}
        for part in _trees(node):
            value, *label = _tokens(part)
            if str(value) in values:
                self._note("unsaid", value, f"{name}.{value}", _TWICE)
                continue
            values[str(value)] = label[0][1:-1].strip().strip('"') if label else None
        if name in self.domain.enums:
            there = self.domain.enums[str(name)].place
            self._note(
                "unsaid",
                name,
                f"enum {name}",
                f"is declared at {there} already, which is kept",
            )
            return
        enum = SourceEnum(str(name), list(values.items()), self._at(name))
        self.domain.enums[enum.name] = enum
        self._declare(enum, node, inner=False)
        self._unplaced(annotations)

    def _relationship(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        kind = cast("Cardinality", str(_token(node)))
        waiting: list[Annotation] = []
        for part in _trees(node):
            if part.data == "annotation":
                waiting.append(self._annotation(part))
                continue
            sides = [child for child in _trees(part) if child.data == "side"]
            waiting += [
                self._annotation(child)
                for child in _trees(part)
                if child.data == "annotation"
            ]
            waiting += [
                Annotation(str(_token(child)), "", self._at(_token(child)))
                for child in _trees(part)
                if child.data == "with_option"
            ]
            source, target = (self._side(side, waiting) for side in sides)
            relation = SourceRelation(
                kind, source, target, self._at(_token(sides[0])), annotations=waiting
            )
            waiting = []
            self.domain.relations.append(relation)
            self._declare(relation, part, inner=True)
        self._unplaced(annotations)

    def _side(self, node: Tree[Token], annotations: list[Annotation]) -> Side:
        side = Side(str(_token(node)))
        for body in _trees(node):
            name, *flags = _tokens(body)
            annotations += [
                self._annotation(child)
                for child in _trees(body)
                if child.data == "annotation"
            ]
            display = next(
                (
                    str(_token(child))
                    for child in _trees(body)
                    if child.data == "display"
                ),
                None,
            )
            side = replace(side, field=str(name), display=display, required=bool(flags))
        return side

    def _constant(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        name, value = _tokens(node)
        self.constants[str(name)] = str(value)
        self._unplaced(annotations)

    def _option(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        name, *value = _tokens(node)
        said = str(value[0]).strip('"') if value else ""
        self._optional(str(name), said, node, name)
        self._unplaced(annotations)

    def _use(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        for value in _tokens(node):
            self._optional(_USES.get(str(value), str(value)), str(value), node, value)
        self._unplaced(annotations)

    def _optional(self, name: str, value: str, node: Tree[Token], at: Token) -> None:
        named, without = _named(node)
        self.options.append((name, value, named, without, self._at(at)))

    def _application(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        settings: dict[str, Setting] = {}
        named: list[Token] = []
        without: list[Token] = []
        for part in _trees(node):
            if part.data == "config":
                settings |= {one.key: one for one in self._settings(part)}
            elif part.data == "app_entities":
                more, except_those = _named(part)
                named += more
                without += except_those
            else:
                getattr(self, f"_{part.data}")(part, [])
        self.applications.append((settings, named, without, self._node(node)))
        self._unplaced(annotations)

    def _deployment(self, node: Tree[Token], annotations: list[Annotation]) -> None:
        settings = [
            replace(one, key=f"deployment {one.key}") for one in self._settings(node)
        ]
        self.domain.settings += settings
        self._unplaced(annotations)

    def _settings(self, node: Tree[Token]) -> Iterator[Setting]:
        for part in _trees(node):
            if part.data != "setting":
                continue
            key, *value = _tokens(part)
            values = value or [
                token for inner in _trees(part) for token in _tokens(inner)
            ]
            yield Setting(
                str(key),
                ", ".join(str(one).strip('"') for one in values),
                self._at(key),
            )

    # what is tied up at the end

    def _settle_types(self) -> None:
        for entity, one in self.domain.fields():
            one.bounds = {
                name: self._bound(entity, one, value)
                for name, value in one.bounds.items()
            }
            if one.written in TYPES:
                one.type = TYPES[one.written]
            elif one.written in self.domain.enums:
                one.type, one.enum = "enum", one.written
            else:
                meant = nearest(one.written, [*TYPES, *self.domain.enums])
                better = f"; did you mean {meant}?" if meant else ""
                message = f"{shown(one.written)} is no type of JDL and no enum of these files{better}; taken as a string"
                self.domain.notes.append(
                    Note("unsaid", one.place, f"{entity.name}.{one.name}", message)
                )

    def _settle_enums(self) -> None:
        used = {one.enum for _, one in self.domain.fields()}
        self.domain.notes += [
            Note("left", one.place, f"enum {one.name}", "no field has its values")
            for one in self.domain.enums.values()
            if one.name not in used
        ]

    def _bound(self, entity: SourceEntity, one: SourceField, value: str) -> str:
        if not value[0].isalpha() and value[0] != "_":
            return value
        if value not in self.constants:
            message = f"{value} is a constant that no file declares"
            self.domain.notes.append(
                Note("unsaid", one.place, f"{entity.name}.{one.name}", message)
            )
        return self.constants.get(value, "")

    def _settle_options(self) -> None:
        for name, value, named, without, place in self.options:
            if name == "microservice":
                self._group(value, named, without, place)
                continue
            for entity in self._entities(
                named, without, f"{name} {value}".strip(), place
            ):
                entity.annotations.append(Annotation(name, value, place))

    def _entities(
        self, named: list[Token], without: list[Token], what: str, place: Place
    ) -> list[SourceEntity]:
        everybody = any(token.type == "ALL" for token in named)
        left = set(map(str, without))
        for token in (*named, *without):
            if token.type == "NAME" and str(token) not in (*self.domain.entities, USER):
                self.domain.notes.append(
                    Note(
                        "unsaid",
                        place,
                        what,
                        f"names {token}, which is no entity of these files",
                    )
                )
        wanted = set(self.domain.entities) if everybody else set(map(str, named))
        return [
            one for name, one in self.domain.entities.items() if name in wanted - left
        ]

    def _group(
        self, group: str, named: list[Token], without: list[Token], place: Place
    ) -> None:
        self.domain.groups.setdefault(group, place)
        for entity in self._entities(named, without, f"microservice {group}", place):
            entity.group = entity.group or group

    def _settle_groups(self, stem: str) -> None:
        """Which service an entity belongs to: as `microservice` says, else as
        microservices list it, else the gateway's.
        """

        def kind(settings: dict[str, Setting]) -> str:
            return (
                settings["applicationType"].value
                if "applicationType" in settings
                else "monolith"
            )

        kinds = {kind(settings) for settings, *_ in self.applications}
        order = sorted(
            self.applications, key=lambda app: kind(app[0]) != "microservice"
        )
        several = len(self.applications) > 1
        for settings, named, without, place in order:
            self.domain.settings += settings.values()
            name = settings["baseName"].value if "baseName" in settings else stem
            if several and named:
                self._group(name, named, without, place)
        if not self.applications:
            self.domain.architecture = (
                "microservices" if len(self.domain.groups) > 1 else None
            )
        else:
            self.domain.architecture = (
                "microservices" if kinds & {"microservice", "gateway"} else "monolith"
            )
        gateways = [
            app[0] for app in self.applications if kind(app[0]) != "microservice"
        ] or [app[0] for app in order]
        first = next(
            (
                settings["baseName"].value
                for settings in gateways
                if "baseName" in settings
            ),
            None,
        )
        self.domain.name = first or stem

    # comments

    def _describe(self, docs: list[Token]) -> None:
        """Each comment belongs to what ends on its line before it, else to what it
        stands in, else to what begins next.
        """
        self.declared.sort(key=lambda one: one.start)
        starts = [one.start for one in self.declared]
        outer = [one for one in self.declared if not one.inner]
        outer_starts = [one.start for one in outer]
        by_end = {one.line: one for one in self.declared if one.inner}
        for doc in docs:
            text = _clean(str(doc))
            start, line = doc.start_pos or 0, doc.line or 1
            before = by_end.get(line)
            after = bisect_left(starts, start)
            last = bisect_left(outer_starts, start)
            begun = [
                *self.declared[max(after - 1, 0) : after],
                *outer[max(last - 1, 0) : last],
            ]
            around = next((one for one in begun if one.end > start), None)
            following = next(iter(self.declared[after : after + 1]), None)
            if before is not None and before.end <= start:
                described: _Declared | None = before
            elif around is None or (
                isinstance(around.what, SourceEntity)
                and following is not None
                and following.start < around.end
            ):
                described = following
            else:
                described = around
            if described is None or described.what is None:
                self.domain.notes.append(
                    Note(
                        "unsaid",
                        Place(self.file, line),
                        "a comment",
                        f"describes nothing: {shown(text)}",
                    )
                )
                continue
            described.what.doc = f"{described.what.doc}\n{text}".strip()

    def _declare(self, what: Any, node: Tree[Token], *, inner: bool) -> None:
        self.declared.append(
            _Declared(
                what, node.meta.start_pos, node.meta.end_pos, node.meta.end_line, inner
            )
        )

    def _annotation(self, node: Tree[Token]) -> Annotation:
        token = _token(node)
        name, _, value = str(token)[1:].partition("(")
        return Annotation(
            name.strip(), value.rpartition(")")[0].strip().strip("\"'"), self._at(token)
        )

    def _unplaced(self, annotations: Sequence[Annotation]) -> None:
        for one in annotations:
            self.domain.notes.append(
                Note(
                    "unsaid", one.place, f"@{one.name}", "stands before what takes none"
                )
            )

    def _note(self, kind: NoteKind, token: Token, what: str, message: str) -> None:
        self.domain.notes.append(Note(kind, self._at(token), what, message))

    def _at(self, token: Token) -> Place:
        return Place(self.file, token.line or 1, token.column or 1)

    def _node(self, node: Tree[Token]) -> Place:
        return Place(
            self.file, getattr(node.meta, "line", 1), getattr(node.meta, "column", 1)
        )


def _trees(node: Tree[Token]) -> Iterator[Tree[Token]]:
    return (child for child in node.children if isinstance(child, Tree))


def _tokens(node: Tree[Token]) -> list[Token]:
    return [child for child in node.children if isinstance(child, Token)]


def _token(node: Tree[Token]) -> Token:
    return _tokens(node)[0]


def _named(node: Tree[Token]) -> tuple[list[Token], list[Token]]:
    """The entities that a statement names, and those that it leaves out."""
    named: list[Token] = []
    without: list[Token] = []
    for part in _trees(node):
        if part.data == "names":
            named += _tokens(part)
        elif part.data == "except_names":
            without += [token for inner in _trees(part) for token in _tokens(inner)]
    return named, without


def _clean(comment: str) -> str:
    """A comment's lines without its stars."""
    lines = [line.strip().lstrip("*").strip() for line in comment[3:-2].split("\n")]
    return "\n".join(line for line in lines if line)
