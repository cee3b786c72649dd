"""Writing a migration: `python -m PACKAGE.apps.alembic.revise MODULE "what changes"`,
from what `repository.py` says now.

What a column means is compared with what the migrations so far have said of it, so that
the same is written whether SQLite or PostgreSQL is at hand. `--rename
TABLE.COLUMN:NAME` says that a column has another name, and is not a new one.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.operations import ops

from ...chassis.mechanism.sql import Database, FixedDecimal
from ...chassis.mechanism.sql_settings import SqlSettings
from .column_types import own_type, render
from .history import History, check, default, history, kind
from .migrate import (
    configuration,
    is_compared,
    prepare_revision,
    run,
)

MAX_NAME = 63  # letters of a name in PostgreSQL


async def revise(
    database: Database, module: str, message: str, renamed: list[str]
) -> None:
    """Writes a migration: what the module's `repository.py` says and its tables do not
    yet have.
    """
    if not await prepare_revision(database, module, message):
        return
    config = configuration(module)
    revision = Revision(history(config), config.attributes["metadata"], renamed)
    comparison = {
        "compare_type": revision.has_another_type,
        "compare_server_default": revision.has_another_default,
        "include_name": is_compared,
        "render_item": render,
        "process_revision_directives": revision.review,
    }
    await run(
        database,
        module,
        lambda config: command.revision(config, message, autogenerate=True),
        comparison=comparison,
    )


class Revision:
    """What alembic found, told in the words of the migrations so far, and reviewed
    before it is written.
    """

    def __init__(
        self, told: History, metadata: sa.MetaData, renamed: list[str]
    ) -> None:
        self._told = told
        self._metadata = metadata
        self._renamed = renamed

    def has_another_type(
        self, _: Any, __: Any, column: sa.Column[Any], ___: Any, type_: Any
    ) -> bool | None:
        before = self._told.columns.get((column.table.name, column.name))
        if before is None or kind(before.type) == kind(type_):
            return None  # as alembic finds
        return True

    def has_another_default(
        self, _: Any, __: Any, column: sa.Column[Any], *___: Any
    ) -> bool | None:
        before = self._told.columns.get((column.table.name, column.name))
        if before is None:
            return None
        return default(before) != default(column)

    def review(self, _: Any, __: Any, directives: list[Any]) -> None:
        """Refuses what rows that are there could not take; warns of loss; writes
        nothing when nothing changed.
        """
        upgrades = directives[0].upgrade_ops
        self._look_at_the_model()
        for text in self._renamed:
            _rename(upgrades, text)
        self._compare_checks(upgrades)
        if upgrades.is_empty():
            directives.clear()
            print("Nothing changed: no migration was written")
            return
        for op in _each(upgrades):
            self._tell(op)
        upgrades.reverse_into(directives[0].downgrade_ops)
        guesses = list(_renames(upgrades))
        warnings = list(guesses)
        for op in _each(upgrades):
            if (
                isinstance(op, ops.AddColumnOp)
                and not op.column.nullable
                and op.column.server_default is None
            ):
                hint = "Give its column a server_default in repository.py, or nullable=True"
                refusal = f"{op.table_name}.{op.column.name}: the rows that are there need a value. {hint}"
                raise SystemExit("\n".join([refusal, *guesses]))
            warnings += _losses(op)
        if warnings:
            print("Careful:", *warnings, sep="\n  ", file=sys.stderr)
            _ask()

    def _look_at_the_model(self) -> None:
        for table in self._metadata.sorted_tables:
            stored: list[Any] = [*table.constraints, *table.indexes]
            for named in stored:
                if len(str(named.name)) > MAX_NAME:
                    raise SystemExit(
                        f"{table.name}: {named.name} is longer than the {MAX_NAME} letters of a name"
                    )
            for constraint in table.constraints:
                if isinstance(constraint, sa.CheckConstraint) and not constraint.name:
                    raise SystemExit(
                        f"{table.name}: CHECK ({check(constraint)}) needs a name, to be told from others"
                    )
            for column in table.columns:
                if isinstance(column.type, FixedDecimal) and (
                    default(column) or "0"
                ).strip("'") not in ("0", "NULL"):
                    raise SystemExit(
                        f"{table.name}.{column.name}: a default other than 0 would count SQLite's smallest unit; "
                        "leave it to domain.py, and give the rows that are there a value by op.execute"
                    )

    def _compare_checks(self, upgrades: ops.UpgradeOps) -> None:
        """Check constraints of the same name: alembic compares no more of them."""
        for table in self._metadata.sorted_tables:
            for constraint in table.constraints:
                before = self._told.checks.get((table.name, str(constraint.name)))
                if before is None or not isinstance(constraint, sa.CheckConstraint):
                    continue
                if check(before) == check(constraint):
                    continue
                goes = ops.DropConstraintOp.from_constraint(before)
                comes = ops.AddConstraintOp.from_constraint(constraint)
                upgrades.ops.append(ops.ModifyTableOps(table.name, [goes, comes]))

    def _tell(self, op: Any) -> None:
        """Puts the types and defaults of the migrations in the place of what one
        database makes of them.
        """
        if isinstance(op, ops.AlterColumnOp):
            before = self._told.columns.get((op.table_name, op.column_name))
            if before is not None:
                op.existing_type = before.type
                op.existing_server_default = before.server_default or False
        elif isinstance(op, ops.DropColumnOp) and op._reverse is not None:
            self._retype(op.table_name, op._reverse.column)
        elif isinstance(op, ops.DropTableOp) and op._reverse is not None:
            for column in op._reverse.columns:
                self._retype(op.table_name, column)

    def _retype(self, table: str, column: Any) -> None:
        if not isinstance(column, sa.Column):
            return
        before = self._told.columns.get((table, column.name))
        if before is not None:
            column.type = before.type
            column.server_default = before.server_default


def _ask() -> None:
    """Whoever sits at a terminal may still say no."""
    if not sys.stdin.isatty():
        return
    answer = input("Write the migration all the same? [y/N] ")
    if answer.lower() not in ("y", "yes"):
        raise SystemExit("No migration was written")


def _each(found: Any) -> Iterator[Any]:
    """Every operation, those within a table's too."""
    for op in found.ops:
        if isinstance(op, ops.ModifyTableOps):
            yield from _each(op)
        else:
            yield op


def _rename(upgrades: ops.UpgradeOps, text: str) -> None:
    """A column that goes and one that comes are the same one."""
    table, _, names = text.partition(".")
    old, _, new = names.partition(":")
    for change in upgrades.ops:
        if not isinstance(change, ops.ModifyTableOps) or change.table_name != table:
            continue
        goes = [
            op
            for op in change.ops
            if isinstance(op, ops.DropColumnOp) and op.column_name == old
        ]
        comes = [
            op
            for op in change.ops
            if isinstance(op, ops.AddColumnOp) and op.column.name == new
        ]
        if not goes or not comes:
            continue
        column = goes[0].to_column()
        alter = ops.AlterColumnOp(
            table,
            old,
            existing_type=column.type,
            existing_nullable=column.nullable,
            modify_name=new,
        )
        before: list[Any] = []
        after: list[Any] = []
        for op in change.ops:
            if op is goes[0] or op is comes[0]:
                continue
            if isinstance(op, ops.DropIndexOp | ops.DropConstraintOp):
                before.append(op)
            else:
                after.append(op)
        # one after the other: what is to come knows the new name alone
        steps = [
            ops.ModifyTableOps(table, step) for step in (before, [alter], after) if step
        ]
        place = upgrades.ops.index(change)
        upgrades.ops[place : place + 1] = steps
        return
    raise SystemExit(
        f"{text}: say TABLE.COLUMN:NAME, a column that is no longer in repository.py, and its new name"
    )


def _renames(upgrades: ops.UpgradeOps) -> Iterator[str]:
    """What looks like another name for the same thing."""
    for change in upgrades.ops:
        if not isinstance(change, ops.ModifyTableOps):
            continue
        inner = change.ops
        goes = [op.column_name for op in inner if isinstance(op, ops.DropColumnOp)]
        comes = [op.column.name for op in inner if isinstance(op, ops.AddColumnOp)]
        if goes and comes:
            yield (
                f"{change.table_name}: {', '.join(goes)} goes with its values, and {', '.join(comes)} comes without. "
                f"Is it another name? make migration ... RENAME={change.table_name}.{goes[0]}:{comes[0]}"
            )
    goes = [op.table_name for op in upgrades.ops if isinstance(op, ops.DropTableOp)]
    comes = [op.table_name for op in upgrades.ops if isinstance(op, ops.CreateTableOp)]
    if goes and comes:
        yield (
            f"the table {', '.join(goes)} goes with its rows, and {', '.join(comes)} comes without. Is it another name? "
            f'Then write op.rename_table("{goes[0]}", "{comes[0]}") in place of both, and make migration for the rest'
        )


def _losses(op: Any) -> Iterator[str]:
    """What a change may cost."""
    if isinstance(op, ops.DropTableOp):
        yield f"{op.table_name}: its rows are lost"
    elif isinstance(op, ops.DropColumnOp):
        yield f"{op.table_name}.{op.column_name}: its values are lost"
    elif isinstance(op, ops.AlterColumnOp):
        name = f"{op.table_name}.{op.column_name}"
        loss = None
        if op.modify_type is not None:
            loss = _loss(op.existing_type, op.modify_type)
        if loss is not None:
            old = own_type(op.existing_type) or repr(op.existing_type)
            new = own_type(op.modify_type) or repr(op.modify_type)
            yield f"{name}: from {old} to {new}, {loss}"
        if op.modify_nullable is False:
            yield f"{name}: rows without a value stop the migration"
    elif isinstance(op, ops.CreateCheckConstraintOp | ops.CreateUniqueConstraintOp):
        yield f"{op.table_name}: rows that do not keep {op.constraint_name} stop the migration"


def _loss(old: Any, new: Any) -> str | None:
    if isinstance(new, sa.String):
        if new.length is None:
            return None
        if (
            isinstance(old, sa.String)
            and old.length is not None
            and old.length <= new.length
        ):
            return None
        return f"values of more than {new.length} characters stop the migration"
    before = _digits(old)
    after = _digits(new)
    if before is not None and isinstance(new, sa.Double):
        return "values are kept to some 15 digits"
    if before is None or after is None:
        if kind(old) == kind(new):
            return None
        return "values that the new type does not know are lost or stop the migration"
    if after < before:
        return f"values are rounded to {after} digits behind the point"
    return "values that are too large stop the migration"


def _digits(kind: Any) -> Any:
    """The digits behind the point; None for what is no number."""
    if isinstance(kind, sa.Integer):
        return 0
    if isinstance(kind, sa.Double):
        return 324
    return getattr(kind, "scale", None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a migration.")
    parser.add_argument("module")
    parser.add_argument("message", nargs="+")
    parser.add_argument(
        "--rename", action="append", default=[], metavar="TABLE.COLUMN:NAME"
    )
    asked = parser.parse_args()
    settings = SqlSettings()
    database = Database(settings.migration_url or settings.database_url)
    asyncio.run(revise(database, asked.module, " ".join(asked.message), asked.rename))
