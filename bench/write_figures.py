"""Write what bench/score_cases.py measures into docs/advisor.md, between its markers.

usage: python bench/write_figures.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from archgen.evidence.loader import load_evidence

PAGE = Path(__file__).parents[1] / "docs" / "advisor.md"
START, END = "<!-- figures -->\n", "<!-- /figures -->\n"


def figures() -> str:
    """The measured figures as Markdown."""
    sys.path.insert(0, str(PAGE.parents[1]))
    from bench.score_cases import read_cases, report

    evidence = load_evidence()
    lines: list[str] = []
    report(read_cases(None, evidence), evidence, lines.append)
    return "\n".join(lines) + "\n"


def with_figures(page: str, measured: str) -> str:
    """The page with the figures in their place."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{measured}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(
        with_figures(PAGE.read_text(encoding="utf-8"), figures()), encoding="utf-8"
    )
