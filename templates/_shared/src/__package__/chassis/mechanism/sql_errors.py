"""Translation of database errors into problems: told by the error code and the
constraint's name, never guessed.

A value that is taken and a row that is referred to are for the client to mend. Whatever
else a table refuses (a value that is missing, too long or out of range, or that a check
forbids), a defect here has let through: it is logged, and answered with 500.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.sql.schema import ColumnCollectionConstraint

from .errors import Conflict, Problem, StaleVersion, taken

log = logging.getLogger(__name__)
# SQLSTATE: serialization failure, deadlock, a lock that is not to be had
RETRY_CODES = {"40001", "40P01", "55P03"}
UNIQUE_CODES = {
    "23505",
    "23P01",
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
}
UNAVAILABLE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
REFERENCE_CODES = {"23503", "23001", sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY}
# what SQLite, which makes a trigger of ON DELETE RESTRICT, says of one
RESTRICTED = "FOREIGN KEY constraint failed"


def error_code(error: DBAPIError) -> str | int:
    """SQLSTATE (PostgreSQL), or the extended error code (SQLite)."""
    driver = error.driver_exception
    found: str | int | None = getattr(driver, "sqlstate", None) or getattr(
        driver, "sqlite_errorcode", None
    )
    return found or ""


def is_unavailable(error: DBAPIError) -> bool:
    """Whether the database is not there, or not now; anything else it says is a defect
    here.
    """
    said = error_code(error)
    if isinstance(said, int):
        return said & 0xFF in UNAVAILABLE_CODES
    # asyncpg: a value does not fit the type of its column
    if isinstance(error.driver_exception, ValueError):
        return False
    if (
        isinstance(error, OperationalError | InterfaceError)
        or error.connection_invalidated
    ):
        return True
    # classes of SQLSTATE: connection, resources, in use, shut down
    return said.startswith(("08", "53", "55", "57"))


def translate_error(
    error: DBAPIError, table: sa.Table, *, deleting: bool
) -> Problem | None:
    """What to tell the client of a write that was refused; None: it is a defect."""
    said = error_code(error)
    rule = _rule(error)
    if said in UNIQUE_CODES and table.name == "processed":
        return StaleVersion()  # the same request or event, at this very moment
    if said in UNIQUE_CODES:
        columns = _columns(table, rule)
        if not columns:
            return Conflict(f"It is taken ({rule})")
        return taken(*columns)
    if said in REFERENCE_CODES or str(error.driver_exception) == RESTRICTED:
        if deleting:
            return Conflict("It is still in use")
        return Conflict("What it refers to is no longer there")
    log.error(
        "the table %s refuses a row: %s %s (%s)",
        table.name,
        type(error).__name__,
        rule,
        said,
    )
    return None


def _rule(error: DBAPIError) -> str:
    """The constraint, or the columns of it: SQLite names those of a unique one, as in
    `reviews.product, reviews.owner_id`.
    """
    driver = error.driver_exception
    if isinstance(driver, sqlite3.Error):
        return str(driver).partition(": ")[2].removeprefix("index ").strip("'")
    return str(
        getattr(driver, "constraint_name", None)
        or getattr(driver, "column_name", None)
        or ""
    )


def _columns(table: sa.Table, rule: str) -> list[str]:
    """The columns that have to be unique by this rule; none: it is not in the table's
    definition.
    """
    names = [name.rpartition(".")[2] for name in rule.split(", ")]
    if "." in rule and all(name in table.columns for name in names):
        return names
    if rule == f"{table.name}_pkey":
        return table.primary_key.columns.keys()
    for known in (*table.constraints, *table.indexes):
        if (
            isinstance(known, ColumnCollectionConstraint | sa.Index)
            and known.name == rule
        ):
            return known.columns.keys()
    return []


def unique_rules(table: sa.Table) -> list[list[sa.Column[Any]]]:
    """The columns of which no two rows have the same, those that are unique by
    themselves first; none of a table whose rows have no `id`.
    """
    if "id" not in table.columns:
        return []
    places = {column: place for place, column in enumerate(table.columns)}
    rules = [
        list(rule.columns)
        for rule in table.constraints
        if isinstance(rule, sa.UniqueConstraint)
    ]
    return sorted(
        rules,
        key=lambda rule: (len(rule) > 1, [places[column] for column in rule]),
    )


def check_lengths(table: sa.Table, row: Mapping[str, Any]) -> None:
    """Refuses a string that is longer than its column, on every database: SQLite would
    keep it.
    """
    for name, most in _lengths(table).items():
        if row.get(name) is not None and len(row[name]) > most:
            raise ValueError(
                f"{table.name}.{name} takes {most} characters, and this value has {len(row[name])}"
            )


@cache
def _lengths(table: sa.Table) -> dict[str, int]:
    lengths = {}
    for column in table.columns:
        if isinstance(column.type, sa.String) and column.type.length:
            lengths[column.name] = column.type.length
    return lengths
