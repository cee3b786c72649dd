"""Two architectures side by side, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archgen.reports.labels import ARCHITECTURES, costs, plain

if TYPE_CHECKING:
    from rich.console import Console

    from archgen.advisor.compare import Comparison, Side


def print_comparison(console: Console, comparison: Comparison) -> None:
    """A row for each question, a column for each of the two."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    names = [ARCHITECTURES[side.architecture] for side in comparison.sides]
    table = Table(
        "", *names, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=False
    )
    for what, cells in rows(comparison):
        if any(cells):
            table.add_row(Text(what), *(Text(cell) for cell in cells))
    console.print(
        Text(
            f"Advised is {ARCHITECTURES[comparison.advice]}, confidence {comparison.confidence:.0%}"
        )
    )
    console.print()
    console.print(table)


def rows(comparison: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    """What is compared, with the answer of each side."""

    def each(what: str, of: dict[int, str]) -> tuple[str, tuple[str, ...]]:
        return what, tuple(of.values())

    sides = dict(enumerate(comparison.sides))
    return [
        each("advised", {i: "yes" if s.advised else "no" for i, s in sides.items()}),
        each("chance", {i: f"{s.probability:.0%}" for i, s in sides.items()}),
        each("ruled out", {i: "; ".join(s.ruled_out) for i, s in sides.items()}),
        each(
            "for",
            {i: "\n".join(f"+ {t}" for t in s.speaks_for) for i, s in sides.items()},
        ),
        each(
            "against",
            {
                i: "\n".join(f"- {t}" for t in s.speaks_against)
                for i, s in sides.items()
            },
        ),
        each(
            "cost",
            {i: costs(s.usd_a_month, s.usd_low, s.usd_high) for i, s in sides.items()},
        ),
        each(
            "people",
            {i: f"{s.people_fte:g} engineers to run it" for i, s in sides.items()},
        ),
        each("availability", {i: f"{s.availability:.2%}" for i, s in sides.items()}),
        each("first ceiling", {i: _ceiling(s) for i, s in sides.items()}),
        each("database", {i: plain(s.database) for i, s in sides.items()}),
        each(
            "risks", {i: "\n".join(f"- {r}" for r in s.risks) for i, s in sides.items()}
        ),
    ]


def _ceiling(side: Side) -> str:
    if side.first_ceiling is None or side.first_ceiling_month is None:
        return ""
    return f"{side.first_ceiling}, month {side.first_ceiling_month:.0f}"
