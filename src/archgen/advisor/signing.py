"""What whoever signs the decision needs besides the verdict: what else was considered,
and when to look again.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from archgen.advisor.growth import months_until
from archgen.advisor.recommendation import Considered, LookAgain, Note
from archgen.advisor.scoring import FAMILIES, find_family, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archgen.advisor.facts import Facts
    from archgen.advisor.recommendation import Architecture, Capacity, Cost, Flip
    from archgen.advisor.scoring import Point, Verdict
    from archgen.evidence.schema import Evidence

YEAR = 12
SOONER = 3
# (decision, choice) -> which family its points speak for, and which against
FOR: dict[tuple[str, str], str] = {
    ("runtime", "functions"): "serverless",
    ("partition", "many"): "microservices",
    ("runtime", "servers"): "monolith",
}
AGAINST: dict[tuple[str, str], tuple[str, ...]] = {
    ("runtime", "functions"): ("monolith",),
    ("partition", "many"): ("monolith",),
    ("runtime", "servers"): ("serverless",),
}


def best_form(verdict: Verdict, family: str) -> Architecture:
    """The likeliest architecture of a family."""
    each = verdict.probabilities
    return max(FAMILIES[family], key=lambda name: each[name])


def defensible(verdict: Verdict, threshold: float) -> tuple[Architecture, ...]:
    """The verdict, and the best form of every other family that is likely enough,
    likeliest first.
    """
    chosen = verdict.family[0]
    families = verdict.families
    others = sorted(
        (f for f in families if f != chosen and families[f] >= threshold),
        key=lambda f: -families[f],
    )
    return verdict.architecture, *(best_form(verdict, family) for family in others)


def weight_for(point: Point, family: str) -> float:
    """How much a point speaks for a family; below zero it speaks against it."""
    where = (point.criterion.decision, point.criterion.choice)
    if FOR.get(where) == family:
        return point.points
    return -point.points if family in AGAINST.get(where, ()) else 0.0


def considerations(
    points: Sequence[Point], family: str, rival: str
) -> tuple[Point | None, Point | None]:
    """The point that speaks most for a family rather than a rival, and the one that
    speaks most against it.

    Only what decides between the two counts; what always holds comes last.
    """
    decision = "runtime" if "serverless" in (family, rival) else "partition"

    def rank(point: Point) -> tuple[bool, float]:
        return point.criterion.kind != "constant", abs(weight_for(point, family))

    speaking = [p for p in points if p.criterion.decision == decision]
    best = max(
        (p for p in speaking if weight_for(p, family) > 0), key=rank, default=None
    )
    worst = max(
        (p for p in speaking if weight_for(p, family) < 0), key=rank, default=None
    )
    return best, worst


def considered(
    verdict: Verdict,
    points: Sequence[Point],
    cost: Cost,
    held: Sequence[str],
    say: Callable[[Point], str],
) -> tuple[Considered, ...]:
    """Each family in its best form, likeliest first, with what it costs and what speaks
    for and against it.
    """
    found = []
    chosen = verdict.family[0]
    ranked = sorted(verdict.families.items(), key=lambda f: -f[1])
    second = next(family for family, _ in ranked if family != chosen)
    for family, chance in ranked:
        name = verdict.architecture if family == chosen else best_form(verdict, family)
        best, worst = considerations(
            points, family, second if family == chosen else chosen
        )
        found.append(
            Considered(
                architecture=name,
                probability=round(chance, 3),
                defensible=name in held,
                speaks_for=say(best) if best else None,
                speaks_against=say(worst) if worst else None,
                year=cost.twelve_months[name],
                people_fte=cost.per_month[name].people_fte,
            )
        )
    return tuple(found)


def look_again(
    facts: Facts, flips: Sequence[Flip], capacity: Capacity, family: str
) -> LookAgain:
    """The first month in which growth reaches a ceiling or another verdict, a year at
    the latest; and other occasions.
    """
    growth = capacity.growth_a_year
    due = [(float(YEAR), "a year has passed, and what was known then is old")]
    sooner = []
    for flip in flips:
        if find_family(flip.architecture) == family and flip.field != "needs":
            continue
        name = flip.architecture.replace("_", " ")
        to = flip.to
        grows = flip.field in ("traffic_rps_avg", "traffic_rps_peak", "data_gb")
        if isinstance(to, float | int) and grows and to > facts.number(flip.field):
            month = months_until(facts.number(flip.field), float(to), growth)
            what = f"{flip.field.replace('_', ' ')} reaches {to:g}, from where {name} is advised"
            if month < YEAR:
                due.append((month, what))
            else:
                sooner.append(what)
        elif (
            isinstance(to, float | int)
            and flip.field in ("team_size", "teams")
            and to > facts.number(flip.field)
        ):
            people = "engineers" if flip.field == "team_size" else "teams"
            sooner.append(f"there are {to:g} {people}, from where {name} is advised")
    if capacity.first_ceiling is not None and capacity.first_ceiling.month < YEAR:
        first = capacity.first_ceiling
        due.append((first.month, f"{first.what} reaches its limit: {first.then}"))
    month, because = min(due)
    return LookAgain(
        month=max(1, ceil(month)),
        because=because,
        sooner=tuple(dict.fromkeys(sooner))[:SOONER],
    )


def notes(kind: str, said: Facts, evidence: Evidence) -> tuple[Note, ...]:
    """What there is to say of one kind, here."""
    return tuple(
        Note(title=entry.title, text=entry.text, source=evidence.cite(entry))
        for entry in evidence.signing
        if entry.kind == kind and holds(entry.when, said)
    )
