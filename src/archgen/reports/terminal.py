"""The recommendation in a terminal: one screen that answers at a glance, and all of it
on request.

What is said does not depend on colour, and nothing is wider than the console.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from archgen.advisor.recommendation import TEMPLATE_OF
from archgen.reports.labels import (
    ARCHITECTURES,
    CANDIDATES,
    also,
    change,
    costs,
    figures,
    number,
    otherwise,
    plain,
    reached,
    rounded,
    shape,
    sure,
    value,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from archgen.advisor import Recommendation
    from archgen.advisor.recommendation import Flip, Reason

REASONS = 3
FLIPS = 2
REST = 3  # assumptions that are named at a glance


def print_recommendation(
    console: Console, recommendation: Recommendation, *, explain: bool = False
) -> None:
    """Write the recommendation to the console: the verdict and what carries it, or with
    `explain` everything.
    """
    _headline(console, recommendation)
    _reasons(console, recommendation)
    if explain:
        _everything(console, recommendation)
    else:
        _flips(console, best_flips(recommendation))
        _stack(console, recommendation)
        _risk(console, recommendation)


def best_flips(recommendation: Recommendation, count: int = FLIPS) -> list[Flip]:
    """The flips worth a glance: those that change what is built, the nearest first, one
    for each field.
    """

    def distance(flip: Flip) -> tuple[int, float]:
        same = 0 if TEMPLATE_OF[flip.architecture] != recommendation.template else 2
        if same and flip.event_streaming != recommendation.event_streaming:
            same = 1
        if not isinstance(flip.origin, int | float) or not isinstance(
            flip.to, int | float
        ):
            return same, 2.0
        return same, max(flip.to, flip.origin) / max(min(flip.to, flip.origin), 1e-9)

    nearest: dict[str, Flip] = {}
    for flip in sorted(recommendation.flips, key=distance):
        nearest.setdefault(flip.field, flip)
    return list(nearest.values())[:count]


def _headline(console: Console, r: Recommendation) -> None:
    from rich.text import Text

    line = Text(verdict(r.architecture, r.event_streaming).capitalize(), style="bold")
    line.append(
        "  as chosen" if r.override else f"  confidence {sure(r)}", style="not bold"
    )
    console.print(line)
    _hanging(console, "", f"{shape(r)}; {also(r)}")
    if r.tie is not None:
        _hanging(console, "Tie     ", r.tie)
    if r.override is not None:
        extra = r.override.extra_usd_a_month
        costs_more = f"this costs {rounded(abs(extra))} a month {'more' if extra >= 0 else 'less'}"
        advised = ARCHITECTURES[r.override.advised]
        _hanging(
            console,
            "Chosen  ",
            f"The advice was {advised}, confidence {sure(r)}; {costs_more}. {r.override.risk}",
        )
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
    _hanging(console, "Cost    ", cost)
    ceiling = r.capacity.first_ceiling
    if ceiling is not None:
        limit = f"{number(ceiling.limit)} {ceiling.unit} ({number(ceiling.now)} now)"
        _hanging(console, "Limit   ", f"{reached(ceiling)}: {ceiling.what} at {limit}")


def _reasons(console: Console, r: Recommendation) -> None:
    console.print()
    console.print(
        "Why"
        if r.override is None
        else f"Why {ARCHITECTURES[r.override.advised]} was advised",
        style="bold",
    )
    for reason in r.reasons[:REASONS]:
        _hanging(
            console,
            "- ",
            f"{reason.because} ({_effect(reason)}{', assumed' if reason.basis == 'assumed' else ''})",
        )


def _flips(console: Console, flips: list[Flip]) -> None:
    if not flips:
        return
    console.print()
    console.print("What would change it", style="bold")
    for flip in flips:
        asked, now, then = change(flip)
        # a need is a sentence
        moves = f"({now} -> {then})" if flip.field == "needs" else f"{now} -> {then}"
        _hanging(
            console,
            "- ",
            f"{asked} {moves}: {verdict(flip.architecture, flip.event_streaming)}",
        )


def _stack(console: Console, r: Recommendation) -> None:
    chosen = [
        f"{plain(t)} {plain(o.choice)}"
        for t, o in r.stack.items()
        if o.choice != "none"
    ]
    _hanging(console, "Stack   ", ", ".join(chosen))


def _risk(console: Console, r: Recommendation) -> None:
    told = r.override.risk.lower() if r.override is not None else ""  # in the headline
    if risk := next((x.risk for x in r.risks if x.risk.lower() not in told), None):
        _hanging(console, "Risk    ", risk)
    taken = [
        f"{plain(a.field)} {value(a.value)}"
        for a in r.assumed
        if a.field not in ("name", "preset")
    ]
    if taken:
        rest = f" and {len(taken) - REST} more" if len(taken) > REST + 1 else ""
        shown = taken[:REST] if rest else taken
        _hanging(console, "Assumed ", ", ".join(shown) + rest)
    if r.question is not None:
        _hanging(console, "Ask     ", next_question(r))


def next_question(r: Recommendation) -> str:
    """The question that would tell most, and what would follow from its answers where
    that is another verdict.
    """
    assert r.question is not None
    name = (r.override.advised if r.override else r.architecture) + (
        "+event_streaming" if r.event_streaming else ""
    )
    other = [
        f"{answer} would give {verdict(then.partition('+')[0], '+' in then)}"
        for answer, then in r.question.then.items()
        if then != name
    ]
    # a question mark is for what waits for an answer
    asks = r.question.asks.rstrip("?")
    return f"{asks}: {', '.join(other)}" if other else asks


def _everything(console: Console, r: Recommendation) -> None:
    _table(
        console,
        "Considered",
        ("architecture", "chance", "for it", "against it", "12 months", "people"),
        (
            (
                ARCHITECTURES[c.architecture]
                + (", defensible" if c.defensible else ""),
                f"{c.probability:.0%}",
                c.speaks_for or "nothing that is known",
                c.speaks_against or "nothing that is known",
                rounded(c.year.total),
                f"{c.people_fte:g}",
            )
            for c in r.considered
        ),
    )
    _list(
        console,
        "Look again",
        (
            f"in {r.look_again.month} months: {r.look_again.because}",
            *r.look_again.sooner,
        ),
    )
    _list(console, "Recovery", (f"{x.title}. {x.text}" for x in r.recovery))
    _list(console, "Duties", (f"{x.title}. {x.text}" for x in r.duties))
    _list(
        console,
        "Who must be able to do what",
        (f"{x.title} {x.text}" for x in r.skills),
    )
    _list(console, "The way on", (f"{x.title}. {x.text}" for x in r.way_on))
    if r.not_asked:
        _list(console, "Not asked, or not known", (", ".join(map(plain, r.not_asked)),))
    _list(
        console,
        "Points",
        (f"{_effect(x)}: {x.because} ({_asked(x)}; {x.source})" for x in r.reasons),
    )
    _list(
        console,
        "Ruled out",
        (
            f"{plain(g.architecture)}. {g.rule}: {g.because} ({g.source})"
            for g in r.gates
        ),
    )
    _table(
        console,
        "What would change it",
        ("answer", "now", "then", "verdict"),
        ((*change(f), verdict(f.architecture, f.event_streaming)) for f in r.flips),
    )
    _list(
        console,
        "Stack",
        (
            f"{topic}: {plain(o.choice)}{figures(o)}. {o.because}"
            + (f"; else {otherwise(o)}" if otherwise(o) else "")
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
        ("what", "now", "limit", "reached", "then"),
        (
            (c.what, f"{number(c.now)} {c.unit}", number(c.limit), reached(c), c.then)
            for c in r.capacity.ceilings
        ),
    )
    _table(
        console,
        "Assumed for the numbers",
        ("assumption", "value"),
        (
            (plain(name), number(value))
            for name, value in r.capacity.assumptions.items()
        ),
    )
    _list(
        console,
        "Others in circumstances like these; those against show what would make this wrong",
        (
            f"{'for' if p.agrees else 'against'}: {p.name}, {p.year}. {p.because} ({p.source})"
            for p in r.precedents
        ),
    )
    _list(console, "Risks", (f"{x.risk}. {x.mitigation}" for x in r.risks))
    _table(
        console,
        "Assumed",
        ("answer", "taken", "because"),
        ((plain(a.field), value(a.value), a.because) for a in r.assumed),
    )
    _list(console, "Next", r.next_steps)


def _effect(reason: Reason) -> str:
    """What a criterion's points are for: servers are every architecture but one, said
    once.
    """
    name, points = next(iter(reason.effect.items()))
    return f"{plain(name) if len(reason.effect) == 1 else 'servers'} {points:+.1f}"


def _asked(reason: Reason) -> str:
    """The answer that a criterion looked at, and whether it was said."""
    if reason.value == "always":
        return plain(reason.criterion)
    return f"{plain(reason.criterion)} {plain(reason.value)}, {reason.basis}"


def _list(console: Console, title: str, rows: Iterable[str]) -> None:
    found = list(rows)
    if found:
        console.print()
        for line in wrap(title, console.width):
            console.print(line, style="bold", highlight=False)
    for row in found:
        _hanging(console, "- ", row)


def _table(
    console: Console,
    title: str,
    heads: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
) -> None:
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
    """A paragraph whose further lines stand under its first word, without blanks at
    their ends.
    """
    from rich.text import Text

    for line in wrap(
        text,
        console.width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    ):
        console.print(Text(line), soft_wrap=True)
