"""How far a verdict holds: the share of draws around the answers that keep it, times the record's own reliability.

Rates are drawn log-uniformly between 0.3 and 3 times what was said, team sizes between 0.6 and 1.6 times, and fields
that were not answered over their whole range. The draws are seeded, and each takes the same random numbers whatever the
answers are, so two recommendations can be compared.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import exp, log
from random import Random

from archgen.advisor.facts import LEVELS, NUMBERS, Facts
from archgen.advisor.scoring import Model, Verdict

DRAWS = 240
SEED = 20261122
RATES = ("traffic_rps_avg", "traffic_rps_peak")
PEOPLE = ("team_size", "teams")


@dataclass(frozen=True, slots=True)
class Confidence:
    """Shares between 0 and 1: of the whole verdict, and of each decision."""

    verdict: float
    stability: float
    decisions: dict[str, float]


def _between(low: float, high: float, share: float) -> float:
    return exp(log(low) + share * (log(high) - log(low)))


def perturbed(
    model: Model, facts: Facts, unanswered: Collection[str], draws: int = DRAWS, seed: int = SEED
) -> list[Facts]:
    """Facts around these, as uncertain as people's answers are."""
    number = model.evidence.parameter
    rate_low, rate_high = number("rps_factor_low"), number("rps_factor_high")
    team_low, team_high = number("team_factor_low"), number("team_factor_high")
    random = Random(seed)
    found = []
    for _ in range(draws):
        rates, people = _between(rate_low, rate_high, random.random()), _between(team_low, team_high, random.random())
        drawn = Facts(facts)
        for field in NUMBERS:
            share = random.random()
            value = facts.number(field)
            if field in RATES:
                value *= rates
            elif field in PEOPLE:
                value = max(1.0, value * people)
            if field in unanswered:
                value *= _between(rate_low, rate_high, share)
            drawn[field] = value
        drawn["traffic_rps_peak"] = max(drawn.number("traffic_rps_peak"), drawn.number("traffic_rps_avg"))
        for field, levels in LEVELS.items():
            share = random.random()
            if field in unanswered:
                drawn[field] = levels[int(share * len(levels))]
        drawn.derive(model.engineers_per_team)
        found.append(drawn)
    return found


def _same(decision: str, a: Verdict, b: Verdict) -> bool:
    if decision == "partition":  # one deployable, with modules or without, is one answer
        return (a.choices[decision] == "many") == (b.choices[decision] == "many")
    return a.choices[decision] == b.choices[decision]


def confidence(model: Model, facts: Facts, verdict: Verdict, unanswered: Collection[str]) -> Confidence:
    """The confidence in this verdict on these facts."""
    drawn = [model.judge(f) for f in perturbed(model, facts, unanswered)]
    stability = sum(v.family == verdict.family for v in drawn) / len(drawn)
    small = facts.number("team_size") <= model.evidence.parameter("small_team")
    reliability = model.evidence.parameter("reliability_small" if small else "reliability_large")
    shares = {d: sum(_same(d, verdict, v) for v in drawn) / len(drawn) for d in verdict.choices}
    return Confidence(
        verdict=round(stability * reliability, 2),
        stability=round(stability, 3),
        decisions={d: round(share * reliability, 2) for d, share in shares.items()},
    )
