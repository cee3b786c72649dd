"""Text that clients sent: UTF-8 without what is not text, and tables of it (CSV)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from .media import Refused

CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# What browsers take for HTML or XML (WHATWG, MIME Sniffing, 7.1), and readers for PDF.
MARKUP = re.compile(
    r"\ufeff?\s*<(!|\?|(html|head|script|iframe|h1|div|font|table|a"
    r"|style|title|b|body|br|p|svg)(?=[\s/>]))|(?s:.{0,1023})%pdf-",
    re.IGNORECASE,
)
FORMULA = re.compile(r"\s*(=|[+\-@].*[a-z][(|])", re.IGNORECASE)
PIECE = 2**20  # characters
CELL_MOST = 2**17  # characters
csv.field_size_limit(CELL_MOST)


def check_text(path: Path, texts: list[str]) -> str:
    """Which of `texts` it is: `text/csv` when it is a table, else `text/plain`.

    Raises Refused.
    """
    _check_characters(path)
    if "text/csv" not in texts:
        return "text/plain"
    try:
        rows, columns = _measure_table(path)
    except Refused:
        if "text/plain" not in texts:
            raise
        return "text/plain"
    if "text/plain" in texts and (rows < 2 or columns < 2):
        return "text/plain"  # any line of prose is a table of one row
    return "text/csv"


def _check_characters(path: Path) -> None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            piece = file.read(PIECE)
            if MARKUP.match(piece):
                raise Refused("is markup or a document, not plain text")
            while piece:
                if CONTROL.search(piece):
                    raise Refused("has characters that are not text")
                piece = file.read(PIECE)
    except UnicodeDecodeError:
        raise Refused("is not text in UTF-8") from None


def _measure_table(path: Path) -> tuple[int, int]:
    """Rows and columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        separator = _separator(file.readline(CELL_MOST))
        file.seek(0)
        rows = columns = 0
        try:
            for row in csv.reader(file, delimiter=separator, strict=True):
                if not row:
                    continue
                columns = columns or len(row)
                if len(row) != columns:
                    raise Refused(f"is no table: row {rows + 1} is of another length")
                if any(map(FORMULA.match, row)):
                    raise Refused("has a formula, which spreadsheets would run")
                rows += 1
        except csv.Error as error:
            raise Refused(f"is no table: {error}") from None
    return rows, columns


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)
