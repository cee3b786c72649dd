"""DDL as text: which SQL it is, and where each statement begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

DIALECTS = ("postgres", "mysql", "sqlite")

_COPY = re.compile(r"\s*COPY\b.*\bFROM\s+stdin", re.IGNORECASE | re.DOTALL)

_SCHEMA = re.compile(r"CREATE\s+SCHEMA\b", re.IGNORECASE)
_ELEMENT = re.compile(
    r"(?<=\n)[ \t]*CREATE\s+(?:TABLE|VIEW|SEQUENCE|(?:UNIQUE\s+)?INDEX)\b",
    re.IGNORECASE,
)


def guess_dialect(text: str) -> str:
    head = text[:1_000_000]
    if "`" in head or re.search(
        r"\bENGINE\s*=|\bAUTO_INCREMENT\b|\bUNIQUE\s+KEY\b|\bINT(?:EGER)?(?:\(\d+\))?\s+UNSIGNED\b"
        r"|^[ \t]*(?:KEY|INDEX)\s++\w*+\s*+\(|\w\s+(?:LONG|MEDIUM|TINY)(?:TEXT|BLOB)\s*(?:,|\)|\n|NOT|DEFAULT)",
        head,
        re.IGNORECASE | re.MULTILINE,
    ):
        return "mysql"
    if re.search(
        r"\bAUTOINCREMENT\b|\bWITHOUT\s+ROWID\b|\bPRAGMA\b|\bsqlite_",
        head,
        re.IGNORECASE,
    ):
        return "sqlite"
    return "postgres"


def split_statements(text: str, dialect: str) -> Iterator[tuple[int, str]]:
    """Offset and text of each statement; rows of COPY are passed over. Quotes, comments
    and dollar quotes hold what they hold.
    """
    backslash = r"|\\." if dialect == "mysql" else ""
    no = r"\\" if dialect == "mysql" else ""
    parts = [
        rf"'(?:[^'{no}]|''{backslash})*+(?:'|\Z)",
        rf'"(?:[^"{no}]{backslash})*+(?:"|\Z)',
        r"`[^`]*+(?:`|\Z)",
    ]
    # what is never closed goes on to the end
    parts += [r"--[^\n]*+", r"/\*.*?(?:\*/|\Z)", r";(?:\s*+;)*+"]
    if dialect == "postgres":
        parts.append(r"\$(\w*)\$.*?(?:\$\1\$|\Z)")
    token = re.compile("|".join(parts), re.DOTALL)
    start = position = 0
    while found := token.search(text, position):
        position = found.end()
        if text[found.start()] != ";":
            continue
        statement = text[start : found.start()]
        for offset, part in _split_schema(statement):
            yield start + offset, part
        if _COPY.match(without_comments(statement)):
            end = text.find("\n\\.", position)
            position = len(text) if end < 0 else end + 3
        start = position
    if text[start:].strip():
        yield start, text[start:]


def _split_schema(statement: str) -> Iterator[tuple[int, str]]:
    """CREATE SCHEMA a CREATE TABLE ...: what a schema is created with, beside it."""
    begin = 0
    if _SCHEMA.match(without_comments(statement)):
        for element in _ELEMENT.finditer(statement):
            yield begin, statement[begin : element.start()]
            begin = element.start()
    yield begin, statement[begin:]


def without_comments(statement: str) -> str:
    """Its beginning without the comments before it."""
    return re.sub(
        r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|#[^\n]*\n)*",
        "",
        statement[:20_000],
        flags=re.DOTALL,
    )[:2_000]
