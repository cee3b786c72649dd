"""How likely a verdict is: its chance by the record, with what was not answered drawn
from the record as well.

Rates that were not answered are drawn log-uniformly between 0.3 and 3 times what was
taken, people between 0.6 and 1.6 times; a level is what was taken in half of the draws,
and as often as documented decisions had it in the others. The draws are seeded, and
each takes the same random numbers whatever the answers are, so that two recommendations
can be compared. What was answered is not moved: the record that the chances were judged
on is as inexact.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import exp, log
from random import Random

from archgen.advisor.facts import LEVELS, NUMBERS, Facts
from archgen.advisor.scoring import Model, Verdict

DRAWS = 60
SEED = 20261122
KEPT = 0.5  # how often what was taken for a level holds
RATES = ("traffic_rps_avg", "traffic_rps_peak")
PEOPLE = ("team_size", "teams")


@dataclass(frozen=True, slots=True)
class Confidence:
    """Chances between 0 and 1: of the architecture's family, and of each decision's
    choice.
    """

    verdict: float
    decisions: dict[str, float]


def _between(low: float, high: float, share: float) -> float:
    return exp(log(low) + share * (log(high) - log(low)))


def drawn(model: Model, facts: Facts, unanswered: Collection[str]) -> list[Facts]:
    """These facts with what was not answered drawn anew; just these where everything
    was.
    """
    open_levels = [field for field in LEVELS if field in unanswered]
    open_numbers = [field for field in NUMBERS if field in unanswered]
    if not open_levels and not open_numbers:
        return [facts]
    spread = {field: "team" if field in PEOPLE else "rps" for field in NUMBERS}
    factor = {
        field: (
            model.evidence.parameter(f"{of}_factor_low"),
            model.evidence.parameter(f"{of}_factor_high"),
        )
        for field, of in spread.items()
    }
    record = model.evidence.precedents
    values = {
        field: [str(p.inputs[field]) for p in record] or LEVELS[field]
        for field in open_levels
    }
    random = Random(SEED)
    found = []
    for _ in range(DRAWS):
        shares = {field: random.random() for field in (*NUMBERS, *LEVELS)}
        one = Facts(facts)
        for field in open_numbers:
            least = 1.0 if field in PEOPLE else 0.0
            one[field] = max(
                least, facts.number(field) * _between(*factor[field], shares[field])
            )
        for field in open_levels:
            if shares[field] < KEPT:
                continue
            at = int((shares[field] - KEPT) / (1 - KEPT) * len(values[field]))
            one[field] = values[field][at]
            one.pop(f"{field}_grade", None)
            if field == "traffic_pattern":
                one["said_pattern"] = one[field]
        one["traffic_rps_peak"] = max(
            one.number("traffic_rps_peak"), one.number("traffic_rps_avg")
        )
        one["teams"] = max(1.0, min(one.number("teams"), one.number("team_size")))
        one.derive(model.engineers_per_team)
        found.append(one)
    return found


def perturbed(model: Model, facts: Facts, draws: int, seed: int = SEED) -> list[Facts]:
    """Facts around these, as inexact as people's answers are: rates by 0.3 to 3 times,
    people by 0.6 to 1.6.
    """
    number = model.evidence.parameter
    rate_low, rate_high = number("rps_factor_low"), number("rps_factor_high")
    team_low, team_high = number("team_factor_low"), number("team_factor_high")
    random = Random(seed)
    found = []
    for _ in range(draws):
        rates, people = (
            _between(rate_low, rate_high, random.random()),
            _between(team_low, team_high, random.random()),
        )
        one = Facts(facts)
        for field in RATES:
            one[field] = facts.number(field) * rates
        for field in PEOPLE:
            one[field] = max(1.0, facts.number(field) * people)
        one.derive(model.engineers_per_team)
        found.append(one)
    return found


def confidence(
    model: Model, facts: Facts, verdict: Verdict, unanswered: Collection[str]
) -> Confidence:
    """The confidence in this verdict on these facts."""
    judged = (
        [verdict]
        if not unanswered
        else [model.judge(one) for one in drawn(model, facts, unanswered)]
    )

    def mean(of: list[float]) -> float:
        return round(sum(of) / len(of), 2)

    shares = {}
    for decision, choice in verdict.choices.items():
        # one deployable, with modules or without, is one answer
        if decision == "partition" and choice != "many":
            shares[decision] = mean([1 - v.chances[decision]["many"] for v in judged])
        else:
            shares[decision] = mean([v.chances[decision][choice] for v in judged])
    family = verdict.family[0]
    return Confidence(mean([v.families[family] for v in judged]), shares)
