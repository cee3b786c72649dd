"""Tables of a database, whether read from DDL or reflected, as a domain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from archgen.domain.naming import pluralize
from archgen.domain.schema import SEARCH_WORDS
from archgen.exchange import project_tables
from archgen.exchange.jdl_writer import ANNOTATION, write_annotation
from archgen.exchange.model import (
    USER,
    Annotation,
    Kind,
    Note,
    NoteKind,
    Place,
    Side,
    SourceDomain,
    SourceEntity,
    SourceEnum,
    SourceField,
    SourceRelation,
)

# Tables that a project of archgen has beside its entities', and those of tools that
# migrate.
_BESIDE = frozenset(
    [
        "outbox",
        "processed",
        "dead_letters",
        "jobs",
        "idempotency_keys",
        "alembic_version",
        "schema_migrations",
        "flyway_schema_history",
        "django_migrations",
        "databasechangelog",
        "databasechangeloglock",
        "__efmigrationshistory",
        "sqlite_sequence",
        "knex_migrations",
        "knex_migrations_lock",
    ]
)
# what SQLite searches by: FTS5's own tables
_SEARCHES = re.compile(r".+_search_words(_(data|idx|content|docsize|config))?")


@dataclass(slots=True)
class Column:
    """`default` is a literal's value; `computed`: there is another default, as written.
    `item`: of an array, what each value is; `members`: of a composite type.
    """

    name: str
    type: Kind
    written: str
    place: Place
    nullable: bool = True
    length: int | None = None
    scale: int | None = None
    default: Any = None
    computed: str | None = None
    values: tuple[str, ...] = ()
    bounds: dict[str, str] = field(default_factory=dict)
    doc: str = ""
    item: Kind | None = None
    members: list[Column] = field(default_factory=list)


@dataclass(slots=True)
class ForeignKey:
    columns: list[str]
    table: str
    place: Place
    on_delete: str | None = None


@dataclass(slots=True)
class Table:
    name: str
    place: Place
    columns: dict[str, Column] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    uniques: list[list[str]] = field(default_factory=list)
    indexes: list[list[str]] = field(default_factory=list)
    references: list[ForeignKey] = field(default_factory=list)
    doc: str = ""
    module: str | None = None  # of a project of archgen
    written: str | None = None  # as its database has it, where that is not its name


def to_domain(
    name: str, files: Iterable[str], tables: Iterable[Table], notes: Iterable[Note] = ()
) -> SourceDomain:
    """The domain that tables are of: each an entity, each foreign key of one column a
    relation.
    """
    domain = SourceDomain(name=name, files=list(files), notes=list(notes))
    known = {}
    for table in tables:
        if table.name.lower() in _BESIDE or _SEARCHES.fullmatch(table.name):
            domain.notes.append(
                Note(
                    "left",
                    table.place,
                    table.name,
                    "a table of a tool or of the project itself",
                )
            )
        else:
            known[table.name] = table
    project_tables.settle(known)
    reader = _Reader(domain, known, project_tables.find_names(known))
    reader.find_plurals()
    for table in known.values():
        reader.take(table)
    return domain


@dataclass(slots=True)
class _Reader:
    """`names`: what entities are called, by table, where links say it."""

    domain: SourceDomain
    tables: dict[str, Table]
    names: dict[str, str]

    def find_plurals(self) -> None:
        """Names that only links across modules say, whose tables have no English plural
        of it: `crate_id` goes to a row of `crate_list`, where no table is of crates.
        """
        links = [
            project_tables.find_link(one, self.tables) for one in self.tables.values()
        ]
        known = {self._name(name) for name in self.tables}
        for entity in {link.entity for link in links if link and link.to is None}:
            like = [
                name
                for name, table in self.tables.items()
                if name not in self.names
                and project_tables.is_own(table)
                and self._bare(name).startswith(f"{entity}_")
            ]
            if entity not in known and len(like) == 1:
                self.names[like[0]] = entity

    def take(self, table: Table) -> None:
        if (link := project_tables.find_link(table, self.tables)) is not None:
            self._own_link(table, link)
            return
        links = {
            key.columns[0]: key
            for key in table.references
            if len(key.columns) == 1 and key.table in self.tables
        }
        if self._is_link(table, links):
            first, second = (links[name] for name in table.columns)
            self.domain.relations.append(
                SourceRelation(
                    "ManyToMany",
                    Side(first.table, singular(_without_id(second.columns[0]))),
                    Side(second.table),
                    table.place,
                )
            )
            return
        written = table.written or table.name
        entity = SourceEntity(table.name, table.place, written, doc=table.doc)
        name, bare = self._name(table.name), self._bare(table.name)
        said: dict[str, Any] = {"name": name} | (
            {"plural": bare} if pluralize(name) != bare else {}
        )
        own = project_tables.is_own(table)
        if own:
            said |= self._describe(entity, table)
        entity.annotations.append(
            Annotation(ANNOTATION, write_annotation(said), table.place)
        )
        self.domain.entities[table.name] = entity
        single = {columns[0] for columns in table.uniques if len(columns) == 1}
        by_itself = set(project_tables.kept_by_itself(table)) if own else set()
        if len(table.key) == 1 and table.key[0] != "id":
            single.add(table.key[0])
        for column in table.columns.values():
            if column.name == "id" and table.key == ["id"]:
                if column.type != "uuid":
                    self._note(
                        "changed",
                        column.place,
                        f"{table.name}.id",
                        f"every row has an id, a UUID, in place of {column.written}",
                    )
            elif column.name in by_itself:
                self._note(
                    "left",
                    column.place,
                    f"{table.name}.{column.name}",
                    "the project keeps it by itself",
                )
            elif column.name in links:
                self._link(
                    table, column, links[column.name], unique=column.name in single
                )
            else:
                self._column(entity, table, column, unique=column.name in single)
        if own:
            return
        entity.unique = [columns for columns in table.uniques if len(columns) > 1]
        if len(table.key) > 1 and table.key not in entity.unique:
            entity.unique.append(table.key)
            self._note(
                "changed",
                table.place,
                table.name,
                f"its key, {', '.join(table.key)}, is unique together, beside an id",
            )
        entity.indexes = [columns for columns in table.indexes if columns[:1] != ["id"]]
        for key in table.references:
            if len(key.columns) > 1 or key.table not in self.tables:
                because = (
                    "of several columns"
                    if len(key.columns) > 1
                    else f"to {key.table}, which is not here"
                )
                self._note(
                    "unsaid",
                    key.place,
                    f"{table.name}({', '.join(key.columns)})",
                    f"a foreign key {because}",
                )

    def _name(self, table: str) -> str:
        """What the entity of a table is called."""
        return self.names.get(table) or singular(self._bare(table))

    def _bare(self, table: str) -> str:
        """The name of a table without what says that it is one."""
        bare = table.removeprefix("tbl_")
        return table if not bare or bare in self.tables else bare

    def _describe(self, entity: SourceEntity, table: Table) -> dict[str, Any]:
        """What a table of a project of archgen says of its entity; the rest of it is
        not in the schema.
        """
        entity.group = table.module
        if table.module is not None:
            self.domain.groups.setdefault(table.module, table.place)
        said = project_tables.describe(table, self.tables)
        if "access" in said:
            words = f"rows have owners: {json.dumps(said['access'])}; who else may read and write, the schema does not say"
            self._note("changed", table.place, table.name, words)
        if SEARCH_WORDS in table.columns:
            self._note(
                "unsaid",
                table.place,
                table.name,
                "search: by which of its fields, the schema does not say",
            )
        return said

    def _own_link(self, table: Table, link: project_tables.Link) -> None:
        """A field of references of a project of archgen; across modules its column
        names the entity.
        """
        named = [other for other in self.tables if self._name(other) == link.entity]
        to = link.to or (USER if link.entity == "account" else next(iter(named), None))
        what = f"{link.table}.{link.field}"
        if to is None:
            self._note(
                "unsaid",
                table.place,
                what,
                f"references to {link.entity}, which is not here",
            )
            return
        said = {"name": link.field} | ({"ordered": True} if link.ordered else {})
        annotation = Annotation(ANNOTATION, write_annotation(said), table.place)
        sides = Side(link.table, link.field), Side(to)
        self.domain.relations.append(
            SourceRelation("ManyToMany", *sides, table.place, annotations=[annotation])
        )

    def _is_link(self, table: Table, links: dict[str, ForeignKey]) -> bool:
        return (
            len(table.columns) == 2
            and len(links) == 2
            and sorted(table.key) == sorted(table.columns)
        )

    def _link(
        self, table: Table, column: Column, key: ForeignKey, *, unique: bool
    ) -> None:
        what = f"{table.name}.{column.name}"
        required = not column.nullable or column.name in table.key
        own = project_tables.is_own(table)
        side = Side(
            table.name, column.name if own else _without_id(column.name), None, required
        )
        relation = SourceRelation(
            "OneToOne" if unique else "ManyToOne",
            side,
            Side(key.table),
            column.place,
            column.doc,
        )
        if (
            own
            and not unique
            and project_tables.is_unlisted(table, column.name, self.tables)
        ):
            said = write_annotation({"indexed": False})
            relation.annotations.append(Annotation(ANNOTATION, said, column.place))
        relation.written = column.name
        relation.on_delete = {"CASCADE": "cascade", "SET NULL": "clear"}.get(
            key.on_delete or ""
        )
        if (
            key.on_delete not in (None, "NO ACTION", "RESTRICT")
            and relation.on_delete is None
        ):
            self._note("unsaid", key.place, what, f"ON DELETE {key.on_delete}")
        self.domain.relations.append(relation)

    def _column(
        self, entity: SourceEntity, table: Table, column: Column, *, unique: bool
    ) -> None:
        what = f"{table.name}.{column.name}"
        own_table = project_tables.is_own(table)
        made = SourceField(
            column.name,
            column.type,
            column.written,
            column.place,
            doc=column.doc,
            scale=column.scale,
        )
        together = {name for one in [*table.uniques, table.key] for name in one}
        indexed = column.name in together or [column.name] in table.indexes
        if made.type == "text" and indexed and not unique and not own_table:
            made.type = "string"
            self._note(
                "changed", column.place, what, "a string, since an index is of it"
            )
        made.required = (
            (not column.nullable or column.name in table.key)
            and column.default is None
            and column.computed is None
        )
        made.unique = unique
        self._fill(made, column, what)
        said: dict[str, Any] = {}
        if column.default is not None and not unique:
            said["default"] = column.default
        if (own_table and project_tables.is_indexed(table, column.name)) or (
            [column.name] in table.indexes and not unique
        ):
            said["indexed"] = True
        if said:
            made.annotations.append(
                Annotation(ANNOTATION, write_annotation(said), column.place)
            )
        if column.computed is not None:
            self._note(
                "changed",
                column.place,
                what,
                f"not required: DEFAULT {column.computed[:60]} cannot be said",
            )
        entity.fields.append(made)

    def _fill(self, made: SourceField, column: Column, what: str) -> None:
        """Bounds, values and members."""
        made.bounds = dict(column.bounds)
        if column.length is not None:
            made.bounds["maxlength"] = str(column.length)
        if column.values:
            made.enum = what
            made.type, made.item = (
                ("list", "enum") if column.type == "list" else ("enum", None)
            )
            self.domain.enums[what] = SourceEnum(
                what, [(value, None) for value in column.values], column.place
            )
        elif column.item is not None:
            made.item = column.item
        for inner in column.members:
            member = SourceField(
                inner.name, inner.type, inner.written, inner.place, scale=inner.scale
            )
            self._fill(member, inner, f"{what}.{inner.name}")
            made.members.append(member)

    def _note(self, kind: NoteKind, place: Place, what: str, message: str) -> None:
        self.domain.notes.append(Note(kind, place, what, message))


@cache
def singular(name: str) -> str:
    """The English singular of the last word: order_lines -> order_line."""
    from pluralizer import Pluralizer

    english = Pluralizer()  # type: ignore[no-untyped-call]
    first, _, last = name.rpartition("_")
    found = str(english.singular(last)) if last else last
    return f"{first}_{found}" if first else found


def _without_id(column: str) -> str:
    for end in ("_id", "_uuid", "_fk"):
        if column.lower().endswith(end) and len(column) > len(end):
            return column[: -len(end)]
    return column[:-2] if column.endswith("Id") and len(column) > 2 else column
