"""The tables as a module's migrations make them, whatever database is at hand: what
they say of types, defaults and checks.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.ddl.impl import DefaultImpl
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import CompileError

DIALECTS: tuple[Any, ...] = (postgresql.dialect(), sqlite.dialect())  # type: ignore[no-untyped-call]


@dataclass
class History:
    """`columns` by the names of table and column, `checks` by table and constraint."""

    columns: dict[tuple[str, str], sa.Column[Any]] = field(default_factory=dict)
    checks: dict[tuple[str, str], sa.CheckConstraint] = field(default_factory=dict)


def history(config: Config) -> History:
    """What all migrations of the module have come to."""
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": io.StringIO()}
    )
    told = History()
    context.impl = _Told(context.dialect, None, True, True, io.StringIO(), {})
    context.impl.history = told
    with Operations.context(context):
        for script in reversed(
            list(ScriptDirectory.from_config(config).walk_revisions())
        ):
            try:
                script.module.upgrade()
            except Exception as error:  # noqa: BLE001 - it asks for rows, and here are none
                print(
                    f"What {script.revision} does is only known to the database: {error!r}",
                    file=sys.stderr,
                )
    return told


def kind(type_: sa.types.TypeEngine[Any]) -> tuple[str, ...]:
    """What a type is called on each database: two types of one meaning are called the
    same on all of them.
    """
    called = []
    for dialect in DIALECTS:
        try:
            called.append(type_.compile(dialect))
        except CompileError:  # a type of one database
            called.append(repr(type_))
    return (*called, repr(getattr(type_, "scale", None)))


def default(column: sa.Column[Any]) -> str | None:
    """A server default in SQL."""
    if column.server_default is None:
        return None
    compiler = DIALECTS[0].ddl_compiler(DIALECTS[0], None)
    return str(compiler.get_column_default_string(column))


def check(constraint: sa.CheckConstraint) -> str:
    """The condition of a check constraint in SQL."""
    compiler = DIALECTS[0].ddl_compiler(DIALECTS[0], None).sql_compiler
    condition = compiler.process(
        constraint.sqltext, include_table=False, literal_binds=True
    )
    return " ".join(condition.split())


class _Told(DefaultImpl):
    """In place of a database: notes what it is told."""

    history: History

    def _exec(self, *_: Any, **__: Any) -> None:
        pass

    def bulk_insert(self, *_: Any, **__: Any) -> None:
        pass

    def create_table(self, table: sa.Table, **_: Any) -> None:
        for column in table.columns:
            self.history.columns[table.name, column.name] = column
        for constraint in table.constraints:
            self.add_constraint(constraint)

    def drop_table(self, table: sa.Table, **_: Any) -> None:
        notes: list[dict[tuple[str, str], Any]] = [
            self.history.columns,
            self.history.checks,
        ]
        for known in notes:
            for key in list(known):
                if key[0] == table.name:
                    del known[key]

    def rename_table(
        self, old_table_name: str, new_table_name: str, schema: str | None = None
    ) -> None:
        notes: list[dict[tuple[str, str], Any]] = [
            self.history.columns,
            self.history.checks,
        ]
        for known in notes:
            for key in list(known):
                if key[0] == old_table_name:
                    known[new_table_name, key[1]] = known.pop(key)

    def add_column(self, table_name: str, column: sa.Column[Any], **_: Any) -> None:
        self.history.columns[table_name, column.name] = column

    def drop_column(self, table_name: str, column: sa.Column[Any], **_: Any) -> None:
        self.history.columns.pop((table_name, column.name), None)

    def alter_column(self, table_name: str, column_name: str, **kw: Any) -> None:
        before: Any = self.history.columns.pop((table_name, column_name), None)
        name = kw.get("name") or column_name
        type_ = kw.get("existing_type")
        default = None
        if before is not None:
            type_ = before.type
            if before.server_default is not None:
                default = before.server_default.arg
        type_ = kw.get("type_") or type_
        given = kw.get("server_default", False)
        if given is not False:  # None takes it away
            default = given
        self.history.columns[table_name, name] = sa.Column(
            name, type_, server_default=default
        )

    def add_constraint(self, const: Any, **_: Any) -> None:
        if isinstance(const, sa.CheckConstraint) and const.name:
            self.history.checks[const.table.name, str(const.name)] = const

    def drop_constraint(self, const: Any, **_: Any) -> None:
        self.history.checks.pop((const.table.name, str(const.name)), None)
