"""A domain as another tool has it, whatever the tool: what its readers fill and the
answers are made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "string",
    "text",
    "email",
    "url",
    "integer",
    "decimal",
    "double",
    "boolean",
    "date",
    "time",
    "datetime",
    "zoned",
    "duration",
    "uuid",
    "enum",
    "json",
    "blob",
    "image",
    "list",
    "object",
]
Cardinality = Literal["OneToOne", "OneToMany", "ManyToOne", "ManyToMany"]
NoteKind = Literal["changed", "unsaid", "left"]
USER = (
    "User"  # the entity that JHipster brings, which is this project's accounts.account
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: the file's name, and the line and the column from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Note:
    """What became of something that was said: `changed` into what can be said,
    `unsaid`, or `left` since no backend needs it.

    `what` names it as the source does.
    """

    kind: NoteKind
    place: Place
    what: str
    message: str


@dataclass(slots=True)
class Annotation:
    """`@name(value)`, or an option that was said of an entity by name; without a value
    it is ''.
    """

    name: str
    value: str
    place: Place


@dataclass(slots=True)
class SourceField:
    """A field; what `type` is called in the source is `written`. Bounds are as written;
    `enum` names one of the domain.

    Of a list, `item` is what each value is, which all else is said of, and `most` how
    many there may be; of an object, `members`.
    """

    name: str
    type: Kind
    written: str
    place: Place
    required: bool = False
    unique: bool = False
    # min, max, minlength, maxlength, minbytes, maxbytes
    bounds: dict[str, str] = field(default_factory=dict)
    pattern: str | None = None
    scale: int | None = None
    enum: str | None = None
    doc: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    item: Kind | None = None
    most: int | None = None
    key: bool = False  # it is the entity's own id
    members: list[SourceField] = field(default_factory=list)


@dataclass(slots=True)
class SourceEnum:
    """Values that fields may have, each with its label, or None."""

    name: str
    values: list[tuple[str, str | None]]
    place: Place
    doc: str = ""


@dataclass(slots=True)
class SourceEntity:
    name: str
    place: Place
    table: str | None = None
    fields: list[SourceField] = field(default_factory=list)
    doc: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    group: str | None = None  # the service that it belongs to
    # fields that are unique together
    unique: list[list[str]] = field(default_factory=list)
    indexes: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a relation: the entity, and what it calls the other end, shown by
    which field of it.
    """

    entity: str
    field: str | None = None
    display: str | None = None
    required: bool = False


@dataclass(slots=True)
class SourceRelation:
    kind: Cardinality
    source: Side
    target: Side
    place: Place
    doc: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    on_delete: str | None = None  # cascade or clear
    written: str | None = (
        None  # what the source itself calls the field that refers, if otherwise
    )

    @property
    def label(self) -> str:
        """Both ends, as notes name them: Order{customer} to Customer{orders}."""
        sides = (self.source, self.target)
        first, second = (
            f"{side.entity}{{{side.field}}}" if side.field else side.entity
            for side in sides
        )
        return f"{first} to {second}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a source says of the whole system, by its own key."""

    key: str
    value: str
    place: Place


@dataclass(slots=True)
class SourceDomain:
    """`files`: by name. `groups`: services that the source names, in order; `name`: of
    the system. `notes`: what its reader could not make sense of.
    """

    name: str | None = None
    files: list[str] = field(default_factory=list)
    entities: dict[str, SourceEntity] = field(default_factory=dict)
    enums: dict[str, SourceEnum] = field(default_factory=dict)
    relations: list[SourceRelation] = field(default_factory=list)
    groups: dict[str, Place] = field(default_factory=dict)
    architecture: str | None = None
    settings: list[Setting] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def fields(self) -> Iterator[tuple[SourceEntity, SourceField]]:
        for entity in self.entities.values():
            for one in entity.fields:
                yield entity, one
