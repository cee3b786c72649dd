"""DDL of PostgreSQL, MySQL and SQLite -> tables. Of a dump only what defines tables is
parsed; rows are passed over unread.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from archgen.errors import InputError, Mistake
from archgen.exchange.model import Note, NoteKind, Place, SourceDomain
from archgen.exchange.source_file import read_source
from archgen.exchange.sql_checks import find_values, set_bounds, unwrap
from archgen.exchange.sql_statements import (
    DIALECTS,
    guess_dialect,
    split_statements,
    without_comments,
)
from archgen.exchange.sql_types import KINDS, as_type
from archgen.exchange.tables import Column, ForeignKey, Table, to_domain
from archgen.text import nearest, shown

MOST_BYTES = 64 * 1024 * 1024
STATEMENT_MOST = 256 * 1024
STATEMENTS_MOST = 5_000  # that define something
DEFINING_MOST = 2 * 1024 * 1024  # bytes of these together
PASSED_MOST = 2_000_000  # statements that define nothing
COMPOSITES_DEEP = 4  # what is nested deeper is no object anyway

_WANTED = re.compile(
    r"\s*(?:CREATE\s+(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED)\s+)*TABLE|CREATE\s+TYPE|CREATE\s+DOMAIN|CREATE\s+UNIQUE\s+INDEX|CREATE\s+INDEX|ALTER\s+TABLE|COMMENT\s+ON)\b",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\s*ALTER\s+TABLE\b[^;']*\bOWNER\s+TO\b", re.IGNORECASE)
_DOMAIN = re.compile(
    r"\s*DOMAIN\s+([\w.\"]+)\s+(?:AS\s+)?(.+)", re.IGNORECASE | re.DOTALL
)
_PARTITION = re.compile(
    r"\s*TABLE\s+(?:ONLY\s+)?[\w.\"]+\s+ATTACH\s+PARTITION\s+([\w.\"]+)",
    re.IGNORECASE,
)
# of PostgreSQL 18, beside STORED
_VIRTUAL = re.compile(r"\)\s+VIRTUAL\b", re.IGNORECASE)
_SKIPPED = re.compile(
    r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:UNIQUE|MATERIALIZED|RECURSIVE|TEMP|TEMPORARY|CONSTRAINT)\s+)*(\w+)|(\w+))",
    re.IGNORECASE,
)
_STRUCTURE = re.compile(
    r"VIEW|TRIGGER|FUNCTION|PROCEDURE|SEQUENCE|DOMAIN|POLICY|RULE|MATERIALIZED",
    re.IGNORECASE,
)


def read_sql(path: Path, dialect: str | None = None) -> SourceDomain:
    """The domain whose tables a file of DDL defines; InputError where it is none, with
    its line.
    """
    name = path.name or str(path)
    text = _content(path, name)
    if dialect is not None and dialect not in DIALECTS:
        meant = nearest(dialect, DIALECTS)
        raise InputError(
            [
                Mistake(
                    "--dialect",
                    f"{shown(dialect)} is not one of {', '.join(DIALECTS)}",
                    meant and f"did you mean {meant}?",
                )
            ]
        )
    reader = _Reader(name, dialect or guess_dialect(text))
    # what it passes over is told by the reader
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    reader.read(text)
    return to_domain(path.stem, [name], reader.tables.values(), reader.notes)


def _content(path: Path, name: str) -> str:
    smaller = "dump the schema alone: pg_dump --schema-only"
    content = read_source(
        path, name, most=MOST_BYTES, wanted="a file of DDL", hint=smaller
    )
    return content.decode("utf-8-sig", errors="replace")


@dataclass(slots=True)
class _Reader:
    file: str
    dialect: str
    tables: dict[str, Table] = field(default_factory=dict)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    composites: dict[str, list[exp.ColumnDef]] = field(default_factory=dict)
    domains: dict[str, exp.ColumnDef] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)  # tables that are of another's rows
    notes: list[Note] = field(default_factory=list)
    later: list[tuple[Any, Place]] = field(default_factory=list)

    def read(self, text: str) -> None:
        mistakes: list[Mistake] = []
        kept = size = line = last = beside = 0
        passed: dict[str, tuple[Place, int]] = {}
        for offset, statement in split_statements(text, self.dialect):
            line += text.count("\n", last, offset)
            last = offset
            bare = without_comments(statement)
            here = statement[:20_000]
            place = Place(
                self.file, line + 1 + here[: max(here.find(bare[:40]), 0)].count("\n")
            )
            if not _WANTED.match(bare) or _OWNER.match(bare):
                beside += 1
                if beside > PASSED_MOST:
                    raise self._too_much(
                        place, f"more than {PASSED_MOST:,} statements define nothing"
                    )
                self._pass_over(bare, place, passed)
                continue
            kept += 1
            size += len(statement)
            if kept > STATEMENTS_MOST:
                raise self._too_much(
                    place, f"more than {STATEMENTS_MOST} statements define something"
                )
            if len(statement) > STATEMENT_MOST:
                mistakes.append(
                    Mistake(
                        f"{self.file}, line {place.line}",
                        f"a statement of more than {STATEMENT_MOST // 1024} KiB",
                        None,
                    )
                )
                continue
            if size > DEFINING_MOST:
                raise self._too_much(
                    place,
                    f"what defines something has more than {DEFINING_MOST // 2**20} MiB",
                )
            if self.dialect == "postgres":
                statement = _VIRTUAL.sub(") STORED", statement)
            try:
                for tree in sqlglot.parse(statement, dialect=self.dialect):
                    self._take(tree, place)
            except (SqlglotError, RecursionError, ValueError) as error:
                mistakes.append(self._explain(error, statement, place))
        for tree, place in self.later:
            self._alter(tree, place)
        self._settle_names()
        for word, (place, count) in passed.items():
            kind: NoteKind = "unsaid" if _STRUCTURE.search(word) else "left"
            says = (
                f"{count} statements are passed over" if count > 1 else "is passed over"
            )
            self.notes.append(Note(kind, place, word, says))
        if mistakes:
            raise InputError(mistakes)
        if not self.tables:
            raise InputError(
                [Mistake(self.file, "defines no table", "give DDL: CREATE TABLE ...")]
            )

    def _settle_names(self) -> None:
        """As they are declared: SQL tells no case of what is not in quotes."""
        called = {name.lower(): name for name in reversed(self.tables)}
        for table in self.tables.values():
            columns_called = {name.lower(): name for name in reversed(table.columns)}
            together = [table.key, *table.uniques, *table.indexes]
            for columns in [*together, *(key.columns for key in table.references)]:
                columns[:] = [
                    name
                    if name in table.columns
                    else columns_called.get(name.lower(), name)
                    for name in columns
                ]
            for key in table.references:
                if key.table not in self.tables:
                    key.table = called.get(key.table.lower(), key.table)

    def _find_table(self, node: Any) -> Table | None:
        return self.tables.get(_as_declared(_name(node), self.tables))

    def _too_much(self, place: Place, what: str) -> InputError:
        return InputError(
            [Mistake(f"{self.file}, line {place.line}", what, "dump the schema alone")]
        )

    def _pass_over(
        self, bare: str, place: Place, passed: dict[str, tuple[Place, int]]
    ) -> None:
        found = _SKIPPED.match(bare)
        if found:
            word = (found[1] and f"CREATE {found[1].upper()}") or (
                found[2] or ""
            ).upper()
            word = word[:40]
            first, count = passed.get(word, (place, 0))
            passed[word] = first, count + 1

    def _explain(self, error: Exception, statement: str, place: Place) -> Mistake:
        details: Any = next(iter(getattr(error, "errors", ())), {})
        first = statement[: statement.find(statement.lstrip())].count("\n")
        line = place.line + max(int(details.get("line") or 1) - 1 - first, 0)
        if isinstance(error, RecursionError):
            return Mistake(
                f"{self.file}, line {place.line}",
                "is nested too deeply",
                "write it flatter",
            )
        said = (
            str(details.get("description") or error).splitlines()[0].rstrip(".")[:160]
        )
        near = (
            f" at {shown(details['highlight'], 40)}" if details.get("highlight") else ""
        )
        return Mistake(
            f"{self.file}, line {line}",
            f"is not read as SQL of {self.dialect}{near}: {said[:1].lower()}{said[1:]}",
            "--dialect says which SQL it is",
        )

    def _take(self, tree: Any, place: Place) -> None:
        if isinstance(tree, exp.Create) and tree.kind == "TABLE":
            self._table(tree, place)
        elif isinstance(tree, exp.Create) and tree.kind == "TYPE":
            parts = tree.expression.expressions if tree.expression is not None else []
            if isinstance(tree.expression, exp.Schema):
                self.composites[_name(tree.this)] = [
                    part for part in parts if isinstance(part, exp.ColumnDef)
                ]
            else:
                self.enums[_name(tree.this)] = tuple(str(value.this) for value in parts)
        elif (
            isinstance(tree, exp.Command)
            and tree.this == "CREATE"
            and (found := _DOMAIN.match(str(tree.expression)))
        ):
            # a column of it is one of its type, with its rules
            name = _plain(found[1])
            try:
                table = sqlglot.parse_one(
                    f"CREATE TABLE d (value {found[2]})", dialect=self.dialect
                )
            except SqlglotError:
                note = Note("unsaid", place, f"CREATE DOMAIN {name}", "is passed over")
                self.notes.append(note)
                return
            if isinstance(column := table.find(exp.ColumnDef), exp.ColumnDef):
                self.domains[name] = column
        elif tree is not None:
            self.later.append((tree, place))

    def _table(self, tree: exp.Create, place: Place) -> None:
        schema = tree.this
        if (part_of := tree.find(exp.PartitionedOfProperty)) is not None:
            self._partition(_name(schema), place, _name(part_of.this))
            return
        if not isinstance(schema, exp.Schema):
            self.notes.append(
                Note(
                    "unsaid",
                    place,
                    f"CREATE TABLE {_name(schema)}",
                    "has no columns of its own",
                )
            )
            return
        name = _name(schema.this)
        if name in self.tables:
            self.notes.append(
                Note(
                    "unsaid",
                    place,
                    name,
                    f"is defined at {self.tables[name].place} already, which is kept",
                )
            )
            return
        inherits = tree.find(exp.InheritsProperty)
        parents = inherits.expressions if inherits is not None else []
        if parents and not schema.find(exp.ColumnDef):
            self._partition(name, place, _name(parents[0]))
            return
        table = self.tables[name] = Table(name, place)
        if self.dialect == "postgres" and not schema.this.this.args.get("quoted"):
            table.written = name.lower()
        for parent in filter(None, map(self._find_table, parents)):
            for column in parent.columns.values():
                table.columns[column.name] = replace(column, bounds=dict(column.bounds))
        for part in schema.expressions:
            if isinstance(part, exp.ColumnDef):
                self._column(table, part, place)
            else:
                self._constraint(table, part, place)
        if self.dialect == "sqlite" and len(table.key) == 1:
            key = table.columns.get(table.key[0])
            if key is not None and key.written == "INTEGER" and key.name != "id":
                key.computed = "a counter"  # SQLite counts it, said or not
        comment = tree.find(exp.SchemaCommentProperty)
        if comment is not None:
            table.doc = str(comment.this.this)

    def _partition(self, name: str, place: Place, of: str) -> None:
        self.parts.add(name)
        self.notes.append(Note("left", place, name, f"a part of the rows of {of}"))

    def _column(self, table: Table, part: exp.ColumnDef, place: Place) -> None:
        name = part.name
        part = self._without_domain(part, name)
        made = Column(
            name, "string", part.kind.sql(self.dialect) if part.kind else "", place
        )
        table.columns[name] = made
        if isinstance(part.kind, exp.DataType):
            self._type(made, part.kind, f"{table.name}.{name}")
        for constraint in part.constraints:
            kind = constraint.kind
            if isinstance(kind, exp.NotNullColumnConstraint):
                made.nullable = bool(kind.args.get("allow_null"))
            elif isinstance(kind, exp.PrimaryKeyColumnConstraint):
                table.key = [name]
            elif isinstance(kind, exp.UniqueColumnConstraint):
                table.uniques.append([name])
            elif isinstance(kind, exp.DefaultColumnConstraint):
                self._default(made, kind.this)
            elif isinstance(kind, exp.Reference):
                self._reference(table, [name], kind, place)
            elif isinstance(kind, exp.CheckColumnConstraint):
                self._check(table, kind.this, place)
            elif isinstance(kind, exp.CommentColumnConstraint):
                made.doc = str(kind.this.this)
            elif isinstance(
                kind,
                exp.AutoIncrementColumnConstraint
                | exp.GeneratedAsIdentityColumnConstraint,
            ):
                made.computed = "a counter" if name != "id" else None
            elif isinstance(kind, exp.ComputedColumnConstraint):
                self.notes.append(
                    Note(
                        "unsaid",
                        place,
                        f"{table.name}.{name}",
                        f"computed: {kind.sql(self.dialect)[:60]}",
                    )
                )
            elif not isinstance(
                kind, exp.CollateColumnConstraint | exp.CharacterSetColumnConstraint
            ):
                self.notes.append(
                    Note(
                        "unsaid",
                        place,
                        f"{table.name}.{name}",
                        kind.sql(self.dialect)[:60],
                    )
                )

    def _without_domain(self, part: exp.ColumnDef, name: str) -> exp.ColumnDef:
        """A column of a domain as it would be declared without it."""
        kind = part.kind
        if not isinstance(kind, exp.DataType):
            return part
        called = _plain(str(kind.args.get("kind") or kind.sql(self.dialect)))
        domain = self.domains.get(_as_declared(called, self.domains))
        if domain is None:
            return part
        made, told = part.copy(), domain.copy()
        for column in told.find_all(exp.Column):
            if column.name.upper() == "VALUE":
                column.set("this", exp.to_identifier(name))
        made.set("kind", told.kind)
        made.set("constraints", [*told.constraints, *made.constraints])
        return made

    def _type(self, made: Column, kind: exp.DataType, what: str) -> None:
        word = (
            kind.this.name
            if isinstance(kind.this, exp.DataType.Type)
            else str(kind.this)
        )
        sizes = [
            int(one.this.this)
            for one in kind.expressions
            if isinstance(one, exp.DataTypeParam) and str(one.this.this).isdigit()
        ]
        if word == "USERDEFINED":
            name = _plain(str(kind.args.get("kind") or ""))
            if enum := self.enums.get(name):
                made.values = enum
            elif name in self.composites and what.count(".") < COMPOSITES_DEEP:
                made.type = "object"
                made.members = [
                    self._member(part, made.place, what)
                    for part in self.composites[name]
                ]
            else:
                self.notes.append(
                    Note(
                        "unsaid",
                        made.place,
                        what,
                        f"the type {made.written[:40]}; taken as a string",
                    )
                )
            return
        if word == "ARRAY":
            self._array(made, kind, what)
            return
        if word == "SET":
            made.type, made.item, made.values = (
                "list",
                "enum",
                tuple(str(value.this) for value in kind.expressions),
            )
            self.notes.append(
                Note(
                    "changed",
                    made.place,
                    what,
                    "a set of values is a list, which has an order",
                )
            )
            return
        if word not in KINDS:
            self.notes.append(
                Note(
                    "unsaid",
                    made.place,
                    what,
                    f"the type {made.written[:40]}; taken as a string",
                )
            )
            return
        made.type = KINDS[word]
        if word.endswith("SERIAL") and made.name != "id":
            made.computed = "a counter"
        if word == "ENUM":
            made.values = tuple(str(value.this) for value in kind.expressions)
        elif (word == "TINYINT" and sizes == [1]) or word == "BIT":
            made.type = "boolean" if sizes in ([1], []) else "string"
        elif made.type == "string" and sizes:
            made.length = sizes[0]
        elif made.type == "decimal":
            made.scale = sizes[1] if len(sizes) > 1 else 0 if sizes else None

    def _array(self, made: Column, kind: exp.DataType, what: str) -> None:
        """A list of what its values are; of arrays and composites that is nothing
        simple.
        """
        inner = next(iter(kind.expressions), None)
        if isinstance(inner, exp.DataType) and inner.this != exp.DataType.Type.ARRAY:
            self._type(made, inner, what)
            made.item = "enum" if made.values else made.type
        made.type, made.members = "list", []

    def _member(self, part: exp.ColumnDef, place: Place, what: str) -> Column:
        made = Column(
            part.name, "string", part.kind.sql(self.dialect) if part.kind else "", place
        )
        if isinstance(part.kind, exp.DataType):
            self._type(made, part.kind, f"{what}.{part.name}")
        return made

    def _default(self, made: Column, value: Any) -> None:
        value = unwrap(value)
        if isinstance(value, exp.Null) or (made.type == "list" and _is_empty(value)):
            return  # as it is where nothing is said
        if isinstance(value, exp.Boolean):
            made.default = bool(value.this)
        elif isinstance(value, exp.Literal) or (
            isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal)
        ):
            text = str(
                value.this if isinstance(value, exp.Literal) else f"-{value.this.this}"
            )
            made.default = as_type(text, made.type)
        elif isinstance(value, exp.Anonymous) and value.name.lower() == "nextval":
            made.computed = "a counter"
        else:
            made.computed = value.sql(self.dialect)
        if made.default is None and made.computed is None:
            made.computed = value.sql(self.dialect)

    def _constraint(self, table: Table, part: Any, place: Place) -> None:
        if isinstance(part, exp.Constraint):
            for inner in part.expressions:
                self._constraint(table, inner, place)
        elif isinstance(part, exp.PrimaryKey):
            table.key = [_name(one) for one in part.expressions]
        elif isinstance(part, exp.UniqueColumnConstraint):
            table.uniques.append([_name(one) for one in part.this.expressions])
        elif isinstance(part, exp.ForeignKey):
            self._reference(
                table,
                [_name(one) for one in part.expressions],
                part.args.get("reference"),
                place,
            )
        elif isinstance(part, exp.CheckColumnConstraint):
            self._check(table, part.this, place)
        elif isinstance(part, exp.IndexColumnConstraint):
            table.indexes.append([_name(one) for one in part.expressions])
        else:
            self.notes.append(
                Note("unsaid", place, table.name, part.sql(self.dialect)[:80])
            )

    def _reference(
        self, table: Table, columns: list[str], reference: Any, place: Place
    ) -> None:
        if reference is None:
            return
        target = (
            reference.this.this
            if isinstance(reference.this, exp.Schema)
            else reference.this
        )
        said = re.search(
            r"ON DELETE (CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION)",
            " ".join(map(str, reference.args.get("options") or ())),
        )
        table.references.append(
            ForeignKey(columns, _name(target), place, said and said[1])
        )

    def _check(self, table: Table, check: Any, place: Place) -> None:
        """A bound, or the values that a column may have; of anything else that it was
        there.
        """
        check = unwrap(check)
        for one in check.flatten() if isinstance(check, exp.And) else [check]:
            part = unwrap(one)
            name, values = find_values(part)
            column = table.columns.get(_as_declared(name, table.columns))
            if column is not None and values:
                column.values = values
            elif column is None or not set_bounds(column, part):
                self.notes.append(
                    Note(
                        "unsaid",
                        place,
                        table.name,
                        f"CHECK {part.sql(self.dialect, comments=False)[:80]}",
                    )
                )

    def _alter(self, tree: Any, place: Place) -> None:
        if isinstance(tree, exp.Alter):
            if _name(tree.this) in self.parts:
                return
            table = self._find_table(tree.this)
            for action in tree.args.get("actions") or ():
                if table is not None and isinstance(action, exp.AddConstraint):
                    for part in action.expressions:
                        self._constraint(table, part, place)
                elif table is not None and isinstance(action, exp.ColumnDef):
                    self._column(table, action, place)
                elif (
                    table is not None
                    and isinstance(action, exp.ModifyColumn)
                    and isinstance(action.this, exp.ColumnDef)
                ):
                    self._column(table, action.this, place)
                elif not (
                    table is not None
                    and isinstance(action, exp.AlterColumn)
                    and self._alter_column(table, action)
                ):
                    self.notes.append(
                        Note(
                            "unsaid",
                            place,
                            f"ALTER TABLE {_name(tree.this)}",
                            action.sql(self.dialect, comments=False)[:80],
                        )
                    )
        elif isinstance(tree, exp.Create) and tree.kind == "INDEX":
            self._index(tree, place)
        elif isinstance(tree, exp.Comment):
            self._comment(tree)
        elif isinstance(tree, exp.Command) and (
            found := _PARTITION.match(str(tree.expression))
        ):
            name = _as_declared(_plain(found[1]), self.tables)
            if self.tables.pop(name, None) is not None:
                self._partition(name, place, "another table")
        else:
            written = tree.sql(self.dialect, comments=False)
            self.notes.append(Note("left", place, written[:60], "is passed over"))

    def _alter_column(self, table: Table, action: exp.AlterColumn) -> bool:
        """Whether what is said of it could be taken."""
        column = table.columns.get(_as_declared(action.name, table.columns))
        value, nullable = action.args.get("default"), action.args.get("allow_null")
        if column is None or (value is None and nullable is None):
            return False
        if nullable is not None:
            column.nullable = bool(nullable)
        if value is not None:
            column.default = column.computed = None
            if column.name not in table.key:
                self._default(column, value)
        return True

    def _index(self, tree: exp.Create, place: Place) -> None:
        on = tree.this.args.get("table")
        if _name(on) in self.parts:
            return
        table = self._find_table(on)
        params = tree.this.args.get("params")
        parts = params.args.get("columns") or [] if params is not None else []
        columns = [one.this.name for one in parts if isinstance(one.this, exp.Column)]
        if (
            table is None
            or len(columns) != len(parts)
            or (params is not None and params.args.get("where") is not None)
        ):
            self.notes.append(
                Note(
                    "unsaid",
                    place,
                    tree.sql(self.dialect, comments=False)[:80],
                    "an index of expressions, or of some rows alone"
                    if table is not None
                    else "an index of what is no table here",
                )
            )
        elif tree.args.get("unique"):
            table.uniques.append(columns)
        else:
            table.indexes.append(columns)

    def _comment(self, tree: exp.Comment) -> None:
        text = str(tree.expression.this) if tree.expression is not None else ""
        if tree.args.get("kind") == "TABLE" and (table := self._find_table(tree.this)):
            table.doc = text
        elif isinstance(tree.this, exp.Column) and (
            table := self._find_table(tree.this.args.get("table"))
        ):
            name = _as_declared(tree.this.name, table.columns)
            if name in table.columns:
                table.columns[name].doc = text


def _as_declared(name: str, known: Iterable[str]) -> str:
    """A name as it is known, or as it is where none is called so."""
    if name in known:
        return name
    return next((one for one in known if one.lower() == name.lower()), name)


def _is_empty(value: Any) -> bool:
    """Whether it is an array without values."""
    return (isinstance(value, exp.Array) and not value.expressions) or (
        isinstance(value, exp.Literal) and str(value.this) == "{}"
    )


def _name(node: Any) -> str:
    return _plain(str(node.name)) if node is not None else ""


def _plain(name: str) -> str:
    return name.rpartition(".")[2].strip('"`')
