"""The recommendation in a terminal: one screen that answers at a glance, and all of it on request.

What is said does not depend on colour, and nothing is wider than the console.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from archgen.advisor.recommendation import TEMPLATE_OF
from archgen.reports.words import (
    ARCHITECTURES,
    CANDIDATES,
    costs,
    figures,
    number,
    otherwise,
    plain,
    rounded,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from archgen.advisor import Recommendation
    from archgen.advisor.recommendation import Flip, Reason

REASONS = 3
FLIPS = 3
UNSURE = 0.6  # below it, what was not answered is worth answering
CHOICES = {"one": "one part", "few": "modules of one part", "many": "parts deployed apart", "stream": "a stream"}


def print_recommendation(console: Console, recommendation: Recommendation, *, explain: bool = False) -> None:
    """Write the recommendation to the console: the verdict and what carries it, or with `explain` everything."""
    _headline(console, recommendation)
    _reasons(console, recommendation)
    if explain:
        _everything(console, recommendation)
    else:
        _flips(console, best_flips(recommendation))
        _stack(console, recommendation)
        _risk(console, recommendation)


def best_flips(recommendation: Recommendation, count: int = FLIPS) -> list[Flip]:
    """The flips worth a glance: those that change what is built, the nearest first, one for each field."""

    def distance(flip: Flip) -> tuple[bool, float]:
        same = (
            TEMPLATE_OF[flip.architecture] == recommendation.template
            and flip.event_streaming == recommendation.event_streaming
        )
        if isinstance(flip.origin, str) or isinstance(flip.to, str):
            return same, 2.0
        return same, max(flip.to, flip.origin) / max(min(flip.to, flip.origin), 1e-9)

    nearest: dict[str, Flip] = {}
    for flip in sorted(recommendation.flips, key=distance):
        nearest.setdefault(flip.field, flip)
    return list(nearest.values())[:count]


def _headline(console: Console, r: Recommendation) -> None:
    from rich.text import Text

    line = Text(verdict(r.architecture, r.event_streaming).capitalize(), style="bold")
    line.append(f"  confidence {r.confidence:.0%}, runner-up {ARCHITECTURES[r.runner_up]}", style="not bold")
    console.print(line)
    if r.override is not None:
        extra = r.override.extra_usd_a_month
        costs_more = f"this costs {rounded(abs(extra))} a month {'more' if extra >= 0 else 'less'}"
        advised = ARCHITECTURES[r.override.advised]
        _hanging(console, "Yours  ", f"The advice was {advised}; {costs_more}. {r.override.risk}")
    said = [
        f"{word} {CHOICES.get(choice, choice)}"
        for word, choice in (
            ("cut into", r.decisions.partition.choice),
            ("runs on", r.decisions.runtime.choice),
            ("events by", r.decisions.dataflow.choice),
        )
    ]
    _hanging(console, "", ", ".join(said))
    _numbers(console, r)


def _numbers(console: Console, r: Recommendation) -> None:
    """What it costs and what stops it first."""
    bill = r.cost.per_month[r.cost.candidate]
    others = [
        f"{CANDIDATES[name]} {rounded(r.cost.per_month[name].total)}"
        for name in ("one_machine", "containers", "microservices", "serverless")
        if name != r.cost.candidate and name in r.cost.per_month
    ]
    cost = f"{CANDIDATES[r.cost.candidate]}: {costs(bill.total, bill.low, bill.high)}; {', '.join(others)}"
    _hanging(console, "Cost   ", cost)
    ceiling = r.capacity.first_ceiling
    if ceiling is not None:
        when = (
            "now" if ceiling.month == 0 else f"in {ceiling.month:.0f} months" if ceiling.month >= 1.5 else "in a month"
        )
        limit = f"{number(ceiling.limit)} {ceiling.unit} ({number(ceiling.now)} now)"
        _hanging(console, "First  ", f"ceiling {when}: {ceiling.what} at {limit}, then {ceiling.then}")


def _reasons(console: Console, r: Recommendation) -> None:
    console.print()
    console.print("Why" if r.override is None else f"Why {ARCHITECTURES[r.override.advised]} was advised", style="bold")
    for reason in r.reasons[:REASONS]:
        _hanging(console, "- ", f"{reason.because} ({_effect(reason)})")


def _flips(console: Console, flips: list[Flip]) -> None:
    if not flips:
        return
    console.print()
    console.print("What would change it", style="bold")
    for flip in flips:
        change = f"{plain(flip.field)} {number(flip.origin)} -> {number(flip.to)}"
        _hanging(console, "- ", f"{change}: {verdict(flip.architecture, flip.event_streaming)}")


def _stack(console: Console, r: Recommendation) -> None:
    console.print()
    chosen = [f"{plain(t)} {plain(o.choice)}" for t, o in r.stack.items() if o.choice != "none"]
    _hanging(console, "Stack  ", ", ".join(chosen))


def _risk(console: Console, r: Recommendation) -> None:
    told = r.override.risk.lower() if r.override is not None else ""  # in the headline
    if risk := next((x.risk for x in r.risks if x.risk.lower() not in told), None):
        _hanging(console, "Risk   ", risk)
    taken = [f"{plain(a.field)} {a.value}" for a in r.assumed if a.field not in ("name", "preset")]
    if taken:
        surer = "; answer these to be surer" if r.confidence < UNSURE else ""
        _hanging(console, "Taken  ", ", ".join(taken) + surer)


def _everything(console: Console, r: Recommendation) -> None:
    _list(console, "Points", (f"{_effect(x)}: {x.because} ({_asked(x)}; {x.source})" for x in r.reasons))
    _list(console, "Ruled out", (f"{plain(g.architecture)}. {g.rule}: {g.because} ({g.source})" for g in r.gates))
    _table(
        console,
        "What would change it",
        ("answer", "now", "then", "verdict"),
        ((plain(f.field), number(f.origin), number(f.to), verdict(f.architecture, f.event_streaming)) for f in r.flips),
    )
    _list(
        console,
        "Stack",
        (
            f"{topic}: {plain(o.choice)}{figures(o)}. {o.because}" + (f"; else {otherwise(o)}" if otherwise(o) else "")
            for topic, o in r.stack.items()
        ),
    )
    _list(
        console,
        f"Cost a month, {r.cost.region} list prices of {r.cost.as_of}",
        (
            f"{CANDIDATES[name]}: {costs(bill.total, bill.low, bill.high)}, {bill.people_fte:g} {'engineer' if bill.people_fte == 1 else 'engineers'} to run it; "
            + ", ".join(f"{line.item} {rounded(line.usd)}" for line in bill.lines)
            for name, bill in r.cost.per_month.items()
            if name not in ("monolith", "modular_monolith")
        ),
    )
    _table(
        console,
        "Ceilings",
        ("what", "now", "limit", "month", "then"),
        ((c.what, f"{number(c.now)} {c.unit}", number(c.limit), f"{c.month:.0f}", c.then) for c in r.capacity.ceilings),
    )
    _table(
        console,
        "Taken for the numbers",
        ("assumption", "value"),
        ((plain(name), number(value)) for name, value in r.capacity.assumptions.items()),
    )
    _list(
        console,
        "Others in circumstances like these; those against show what would make this wrong",
        (f"{'for' if p.agrees else 'against'}: {p.name}, {p.year}. {p.because} ({p.source})" for p in r.precedents),
    )
    _list(console, "Risks", (f"{x.risk}. {x.mitigation}" for x in r.risks))
    _table(
        console,
        "Assumed",
        ("answer", "taken", "because"),
        ((plain(a.field), str(a.value), a.because) for a in r.assumed),
    )
    _list(console, "Next", r.next_steps)


def _effect(reason: Reason) -> str:
    """What a criterion's points are for: servers are every architecture but one, said once."""
    name, points = next(iter(reason.effect.items()))
    return f"{plain(name) if len(reason.effect) == 1 else 'servers'} {points:+.1f}"


def _asked(reason: Reason) -> str:
    """The answer that a criterion looked at."""
    return plain(reason.criterion) + ("" if reason.value == "always" else f" {plain(reason.value)}")


def _list(console: Console, title: str, rows: Iterable[str]) -> None:
    found = list(rows)
    if found:
        console.print()
        for line in wrap(title, console.width):
            console.print(line, style="bold", highlight=False)
    for row in found:
        _hanging(console, "- ", row)


def _table(console: Console, title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    if table.row_count:
        console.print()
        console.print(title, style="bold")
        console.print(table)


def _hanging(console: Console, head: str, text: str) -> None:
    """A paragraph whose further lines stand under its first word, without blanks at their ends."""
    from rich.text import Text

    for line in wrap(
        text, console.width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    ):
        console.print(Text(line), soft_wrap=True)
