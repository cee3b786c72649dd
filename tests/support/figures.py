"""Figures of a page that a test has found: `ARCHGEN_FIGURES=write` has them written
where they stand.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

FAULTS = Path(__file__).parents[2] / "docs/faults.md"


def found(row: str, seen: str, page: Path = FAULTS) -> None:
    """Prints what was seen, and writes it beside the row that begins with these words;
    there is exactly one.
    """
    print(f"\n{row}: {seen}")
    text, rows = re.subn(
        rf"^\| {re.escape(row)} \|.*$",
        lambda _: f"| {row} | {seen} |",
        page.read_text(),
        flags=re.MULTILINE,
    )
    assert rows == 1, f"{page.name} has {rows} rows of: {row}"
    if os.environ.get("ARCHGEN_FIGURES") == "write":
        page.write_text(text)
