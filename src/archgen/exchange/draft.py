"""A translation under way, which each step of it reads and adds to: the domain, the
answers so far, and what is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archgen.domain import naming
from archgen.exchange.jdl_writer import ANNOTATION
from archgen.exchange.model import USER, Note, NoteKind, Place, SourceDomain
from archgen.exchange.naming import Taken
from archgen.exchange.translated import Path, Renamed, Translated

ACCOUNT = "accounts.account"


@dataclass(slots=True)
class Home:
    """Where an entity is in the answers.

    `asked`: the keys that its options ask for. `times`: fields of the source that every
    row has anyway.
    """

    module: str
    name: str
    document: dict[str, Any]
    asked: set[str] = field(default_factory=set)
    times: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return "modules", self.module, "entities", self.name

    @property
    def key(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = self.document["fields"]
        return fields

    @property
    def plural(self) -> str:
        return str(self.document.get("plural") or naming.pluralize(self.name))


@dataclass(slots=True)
class Draft:
    """`homes`: by the source's name of an entity. `enums`: of each module.
    `field_names`: by entity and what the source calls the field.
    """

    domain: SourceDomain
    out: Translated = field(default_factory=Translated)
    homes: dict[str, Home] = field(default_factory=dict)
    enums: dict[str, dict[str, Any]] = field(default_factory=dict)
    field_names: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: Taken = field(default_factory=Taken)

    def note(self, kind: NoteKind, place: Place, what: str, message: str) -> None:
        self.out.notes.append(Note(kind, place, what, message))

    def comment(self, path: Path, place: Place, what: str, doc: str) -> None:
        """A description, which the answers have no key for, above the key at `path`."""
        if doc:
            self.out.comments[path] = [
                *self.out.comments.get(path, ()),
                *doc.splitlines(),
            ]
            self.note(
                "changed",
                place,
                what,
                "its description is a comment of the answers file",
            )

    def rename(self, place: Place, was: str, name: str, because: str | None) -> None:
        if was != name:
            self.out.renamed.append(Renamed(place, was, name, because))

    @property
    def first_place(self) -> Place:
        return next(iter(self.domain.entities.values())).place

    def is_account(self, name: str) -> bool:
        """JHipster's own User, unless the domain declares one with fields of its own."""
        declared = self.domain.entities.get(name)
        own = declared is not None and (
            declared.fields
            or any(one.name == ANNOTATION for one in declared.annotations)
        )
        return name == USER and not own

    @property
    def needs_sql(self) -> bool:
        """Whether lists are to do what DynamoDB does not."""
        return "database" in self.out.document.get("stack", {})

    def require_sql(self, entity: str, what: str, place: Place) -> None:
        stack = self.out.document.setdefault("stack", {})
        if "database" not in stack:
            stack["database"] = "postgresql"
            self.note(
                "changed",
                place,
                entity,
                f"{what}: the database is PostgreSQL, also for functions; DynamoDB does not serve it",
            )
