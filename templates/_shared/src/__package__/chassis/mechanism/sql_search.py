"""Full-text search on SQL: a row keeps the words that it is found by in `search_words`,
beside a GIN index of PostgreSQL, or an FTS5 table of SQLite that triggers keep.

What a word is, `search.py` says for both, so that the same words find the same rows: the
databases' own parsers go by locale and by version. Index, FTS5 table and triggers are
made after each migration (`prepare`), since SQLite loses the triggers of a table that
is made anew.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from .entity import Entity
from .persistence import Listing, Page, Query
from .search import SearchQuery, words_of_row
from .sql_connection import Write
from .sql_unit_of_work import SqlRepository, _fitting

E = TypeVar("E", bound=Entity)
SEARCH_WORDS = "search_words"
BATCH = 500  # rows whose words are found out at once


def words_column() -> sa.Column[str]:
    """None where nobody has found out its words yet; `prepare` does.

    It is no text: those are what a page has to find room for.
    """
    return sa.Column(SEARCH_WORDS, sa.String(), nullable=True)


class SearchedSqlRepository(SqlRepository[E]):
    async def page(self, query: Query) -> Page[E]:
        if not isinstance(query, SearchQuery):
            return await super().page(query)
        columns = self._table.c
        statement = sa.select(self._table).where(self._having(query))
        if query.owner is not None:
            statement = statement.where(columns.owner_id == query.owner)
        if query.after is not None:
            _, last = self._codec.after(query.after, "id")
            statement = statement.where(columns.id < last)
        statement = statement.order_by(columns.id.desc()).limit(query.limit + 1)
        found = await self.rows(_fitting(statement, self._table, Listing()))
        return self._codec.page(found, query)

    def keys(self, query: Query) -> sa.Select[Any]:
        """The ids of all rows that match, in their order."""
        statement: sa.Select[Any] = super().keys(query)  # type: ignore[misc]
        if isinstance(query, SearchQuery):
            statement = statement.where(self._having(query))
        return statement

    def write(self, before: E | None, after: E | None) -> Write:
        write = super().write(before, after)
        if write.values is None:
            return write
        words = words_of_row(write.values[name] for name in self._table.info["search"])
        return write._replace(values={**write.values, SEARCH_WORDS: words})

    def _having(self, query: SearchQuery) -> sa.ColumnElement[bool]:
        """That a row has all words. They are letters and digits: nothing of them can end
        the quotes.
        """
        *whole, beginning = query.words
        if self._engine.dialect.name == "postgresql":
            words = " & ".join([*(f"'{word}'" for word in whole), f"'{beginning}':*"])
            separate = sa.func.string_to_array(
                self._table.c[SEARCH_WORDS], sa.text("' '")
            )
            vector = sa.func.array_to_tsvector(separate)
            return vector.bool_op("@@")(sa.cast(words, TSQUERY))
        words = " AND ".join([*(f'"{word}"' for word in whole), f'"{beginning}"*'])
        name = _name(self._table)
        rows = sa.table(name, sa.column("rowid"), sa.column(name))
        found = sa.select(rows.c.rowid).where(rows.c[name].bool_op("MATCH")(words))
        rowid: sa.ColumnElement[Any] = sa.literal_column(f'"{self._table.name}".rowid')
        return rowid.in_(found)


def is_made(name: str | None) -> bool:
    """Whether `prepare` makes the table or index of this name, and no migration."""
    kinds = "(_data|_idx|_docsize|_config)?"  # FTS5's own tables
    return bool(re.fullmatch(f".+_{SEARCH_WORDS}{kinds}", name or ""))


def prepare(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Makes what searches go by, as far as it is not there, and finds out the words of
    rows that were there before.
    """
    for table in metadata.tables.values():
        if "search" not in table.info:
            continue
        _fill(connection, table)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                f'CREATE INDEX IF NOT EXISTS "{_name(table)}" ON "{table.name}" USING gin '
                f"(array_to_tsvector(string_to_array({SEARCH_WORDS}, ' ')))"
            )
        else:
            _prepare_sqlite(connection, table.name, _name(table))


def _name(table: sa.Table) -> str:
    return f"{table.name}_{SEARCH_WORDS}"


def _fill(connection: sa.Connection, table: sa.Table) -> None:
    columns = [table.c[name] for name in table.info["search"]]
    words = table.c[SEARCH_WORDS]
    lacking = sa.select(table.c.id, *columns).where(words.is_(None)).limit(BATCH)
    change = table.update().where(table.c.id == sa.bindparam("row"))
    change = change.values({SEARCH_WORDS: sa.bindparam("found")})
    while rows := connection.execute(lacking).all():
        connection.execute(
            change, [{"row": row, "found": words_of_row(texts)} for row, *texts in rows]
        )


def _prepare_sqlite(connection: sa.Connection, table: str, name: str) -> None:
    """The FTS5 table, whose words stay in the table's own column. Its tokenizer parts
    words at spaces, and takes all that is not ASCII as letters.
    """
    into = f'INSERT INTO "{name}"'
    new = f"{into} (rowid, {SEARCH_WORDS}) VALUES (new.rowid, new.{SEARCH_WORDS})"
    old = (
        f'{into} ("{name}", rowid, {SEARCH_WORDS})'
        f" VALUES ('delete', old.rowid, old.{SEARCH_WORDS})"
    )
    triggers = {
        "insert": ("INSERT", new),
        "delete": ("DELETE", old),
        "update": (f"UPDATE OF {SEARCH_WORDS}", f"{old}; {new}"),
    }
    there = connection.exec_driver_sql(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
        " AND name IN (?, ?, ?)",
        (table, *(f"{name}_{word}" for word in triggers)),
    )
    if there.scalar_one() == len(triggers):
        return
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"')
    connection.exec_driver_sql(
        f'CREATE VIRTUAL TABLE "{name}" USING fts5'
        f"({SEARCH_WORDS}, content='{table}', tokenize='ascii', detail='none')"
    )
    for word, (event, action) in triggers.items():
        connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{name}_{word}"')
        connection.exec_driver_sql(
            f'CREATE TRIGGER "{name}_{word}" AFTER {event} ON "{table}" BEGIN {action}; END'
        )
    connection.exec_driver_sql(f"{into} (\"{name}\") VALUES ('rebuild')")
