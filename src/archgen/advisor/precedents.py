"""The documented decisions nearest to these answers. They illustrate, for and against,
and do not vote.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from archgen.advisor.facts import LEVELS, Facts, facts_from
from archgen.advisor.needs import NEEDS
from archgen.advisor.recommendation import PrecedentNote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archgen.advisor.scoring import Verdict
    from archgen.evidence.schema import Evidence, Precedent

SHOWN = 3
FAR = log(1000.0)  # a factor of a thousand in a number is as far apart as can be
UNORDERED = ("traffic_pattern", "workload")
# How much each field tells about what was built: bits of mutual information with the
# architecture over the record.
WEIGHTS: Mapping[str, float] = {
    "teams": 0.42,
    "scope": 0.41,
    "team_size": 0.38,
    "latency_ms_target": 0.34,
    "relational_needs": 0.31,
    "burstiness": 0.18,
    "traffic_pattern": 0.17,
    "ops_maturity": 0.16,
    "traffic_rps_peak": 0.14,
    "data_gb": 0.13,
    "traffic_rps_avg": 0.12,
    "independent_scaling_need": 0.09,
    "workload": 0.09,
}

NEEDS_WEIGHT = 0.4  # judgement: as much as teams


def derive_precedent_facts(precedent: Precedent, engineers_per_team: float) -> Facts:
    """The circumstances of a decision as facts."""
    return facts_from(
        dict(precedent.inputs),
        precedent.needs,
        precedent.experience,
        engineers_per_team,
    )


def distance(a: Facts, b: Facts) -> float:
    """Between 0, the same, and 1, different in everything; fields weigh as much as they
    tell.
    """
    total = 0.0
    for field, weight in WEIGHTS.items():
        if field in LEVELS:
            levels = LEVELS[field]
            apart = (
                float(a[field] != b[field])
                if field in UNORDERED
                else abs(levels.index(str(a[field])) - levels.index(str(b[field])))
                / (len(levels) - 1)
            )
        else:
            apart = min(
                1.0,
                abs(log(max(a.number(field), 1e-6) / max(b.number(field), 1e-6))) / FAR,
            )
        total += weight * apart
    known = (
        {need for need in NEEDS if a[need] == "yes"},
        {need for need in NEEDS if b[need] == "yes"},
    )
    either = known[0] | known[1]
    if either:  # needs in common, of those that either has
        total += NEEDS_WEIGHT * (1 - len(known[0] & known[1]) / len(either))
    return total / (sum(WEIGHTS.values()) + NEEDS_WEIGHT)


def counts_as(verdict: Verdict) -> set[str]:
    """The outcomes that a verdict fulfils: a monolith with modules or without is one, a
    stream is said or not.
    """
    names: set[str] = {verdict.architecture}
    if "monolith" in verdict.architecture:
        names = {"monolith", "modular_monolith"}
    if verdict.event_streaming:
        return names | {f"{n}+event_streaming" for n in names} | {"event_streaming"}
    return names


def is_acceptable(verdict: Verdict, precedent: Precedent) -> bool:
    """Whether the record would accept this advice; a stream that no outcome has is one
    too many.
    """
    unasked = verdict.event_streaming and not any(
        "event_streaming" in outcome for outcome in precedent.outcome
    )
    return bool(counts_as(verdict) & set(precedent.outcome)) and not unasked


def nearest_precedents(
    facts: Facts, verdict: Verdict, evidence: Evidence
) -> tuple[PrecedentNote, ...]:
    """The three nearest; when they are of one mind, also the nearest of the other."""
    each = evidence.parameter("engineers_per_team")
    ranked = sorted(
        (
            (distance(facts, derive_precedent_facts(p, each)), p)
            for p in evidence.precedents
        ),
        key=lambda found: found[0],
    )
    notes = [
        PrecedentNote(
            name=p.name,
            year=p.year,
            architecture=p.outcome[0],
            agrees=is_acceptable(verdict, p),
            because=f"{p.did[0].upper()}{p.did[1:]}. {p.why}",
            distance=round(far, 3),
            source=f"{p.title}, {p.url}",
        )
        for far, p in ranked
    ]
    shown, others = notes[:SHOWN], notes[SHOWN:]
    if len({note.agrees for note in shown}) == 1:
        shown += [note for note in others if note.agrees != shown[0].agrees][:1]
    return tuple(shown)
