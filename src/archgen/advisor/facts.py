"""Requirements as the facts that criteria and gates speak of: answers, and what follows
from them by arithmetic.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, get_args

from archgen.advisor.needs import EXPERIENCE, NEEDS, ran
from archgen.evidence.interpolation import Knots, interpolate
from archgen.requirements import (
    APART,
    OPS_BOUNDS,
    SCOPE_BOUNDS,
    TEAM_OF,
    Compliance,
    Grade,
    Pattern,
    Scope,
    Workload,
)

if TYPE_CHECKING:
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements

Fact = str | float
NUMBERS = (
    "team_size",
    "teams",
    "traffic_rps_avg",
    "traffic_rps_peak",
    "latency_ms_target",
    "data_gb",
)
LEVELS: dict[str, tuple[str, ...]] = {
    "scope": get_args(Scope),
    "traffic_pattern": get_args(Pattern),
    "workload": get_args(Workload),
    "relational_needs": get_args(Grade),
    "ops_maturity": get_args(Grade),
    "compliance": get_args(Compliance),
    "independent_scaling_need": get_args(Grade),
}
KNOWN = ("no", "yes")
SAID: dict[str, tuple[str, ...]] = dict.fromkeys(
    [*NEEDS, *(ran(name) for name in EXPERIENCE)], KNOWN
)
# a level that was inferred from the number of engineers lies between two levels near
# their bound, so that no single engineer more decides: (engineers, level) knots along
# the logarithm
GRADES: dict[str, Knots] = {
    "scope": (
        (SCOPE_BOUNDS[0], 0.0),
        (SCOPE_BOUNDS[0] + 1, 1.0),
        (0.4 * SCOPE_BOUNDS[1], 1.0),
        (1.2 * SCOPE_BOUNDS[1], 2.0),
    ),
    "ops_maturity": (
        (OPS_BOUNDS[0], 0.0),
        (OPS_BOUNDS[0] + 1, 1.0),
        (0.5 * OPS_BOUNDS[1], 1.0),
        (1.5 * OPS_BOUNDS[1], 2.0),
    ),
}
GRADED_APART: Knots = ((0.4 * SCOPE_BOUNDS[1], 0.0), (1.2 * SCOPE_BOUNDS[1], 2.0))
EVENTS = ("realtime_stream", "iot")
KEPT = ("replay", "fan_out", "absorb_bursts")


class Facts(dict[str, Fact]):
    """Field to value; `burstiness` is peak over average, `autonomous_teams` the teams
    that the engineers can fill.

    Each need, and each `ran_` of the experience, is "yes" or "no", which is not known.
    `said_pattern` is the pattern of traffic that somebody named, `event_flow` whether
    events come in at all, `FIELD_grade` a level between two of them where it was
    inferred. `cpu_ms` is there only where it was measured.
    """

    def number(self, field: str) -> float:
        return float(self[field])

    def but(self, engineers_per_team: float, **changes: Fact) -> Facts:
        """These facts with some answers changed, and what follows from them worked out
        again.
        """
        changed = Facts(self)
        changed.update(changes)
        if "traffic_pattern" in changes:
            changed["said_pattern"] = changes["traffic_pattern"]
        for field in changes:
            changed.pop(f"{field}_grade", None)
        changed.derive(engineers_per_team)
        return changed

    def derive(self, engineers_per_team: float) -> None:
        average = max(self.number("traffic_rps_avg"), 1e-9)
        self["burstiness"] = max(1.0, self.number("traffic_rps_peak") / average)
        teams = (
            self.number("teams")
            if "teams_grade" not in self
            else self.number("team_size") / TEAM_OF
        )
        self["autonomous_teams"] = max(
            1.0, min(teams, self.number("team_size") / engineers_per_team)
        )
        flows = self["workload"] in EVENTS or any(self[need] == "yes" for need in KEPT)
        self["event_flow"] = KNOWN[flows]


def derive_facts(requirements: Requirements, evidence: Evidence) -> Facts:
    """The facts of these requirements."""
    answers = {field: getattr(requirements, field) for field in (*NUMBERS, *LEVELS)}
    assumed = {assumption.field for assumption in requirements.assumed}
    facts = facts_from(
        answers,
        requirements.needs,
        requirements.experience,
        evidence.parameter("engineers_per_team"),
        assumed,
    )
    if requirements.cpu_ms is not None:
        facts["cpu_ms"] = requirements.cpu_ms
    return facts


def facts_from(
    answers: dict[str, str | float],
    needs: Collection[str],
    experience: Collection[str],
    engineers_per_team: float,
    assumed: Collection[str] = (),
) -> Facts:
    """The facts of answers; those in `assumed` were not said, so they are held less
    exactly.
    """
    facts = Facts({field: float(answers[field]) for field in NUMBERS})
    facts.update({field: str(answers[field]) for field in LEVELS})
    facts.update({need: KNOWN[need in needs] for need in NEEDS})
    facts.update({ran(name): KNOWN[name in experience] for name in EXPERIENCE})
    facts["said_pattern"] = (
        "unsaid" if "traffic_pattern" in assumed else facts["traffic_pattern"]
    )
    for field, knots in GRADES.items():
        if field in assumed and "team_size" not in assumed:
            facts[f"{field}_grade"] = interpolate(facts.number("team_size"), knots)
    if (
        "scope_grade" in facts
        and facts["workload"] in APART
        and "independent_scaling_need" in assumed
    ):
        facts["independent_scaling_need_grade"] = interpolate(
            facts.number("team_size"), GRADED_APART
        )
    if "teams" in assumed and "team_size" not in assumed:
        facts["teams_grade"] = 1.0
    facts.derive(engineers_per_team)
    return facts
