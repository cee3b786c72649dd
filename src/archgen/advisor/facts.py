"""Requirements as the facts that criteria and gates speak of: answers, and what follows from them by arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from archgen.requirements import Compliance, Grade, Pattern, Scope, Workload

if TYPE_CHECKING:
    from archgen.advisor.knowledge import Evidence
    from archgen.requirements import Requirements

Fact = str | float
NUMBERS = ("team_size", "teams", "traffic_rps_avg", "traffic_rps_peak", "latency_ms_target", "data_gb")
LEVELS: dict[str, tuple[str, ...]] = {
    "scope": get_args(Scope),
    "traffic_pattern": get_args(Pattern),
    "workload": get_args(Workload),
    "relational_needs": get_args(Grade),
    "ops_maturity": get_args(Grade),
    "compliance": get_args(Compliance),
    "independent_scaling_need": get_args(Grade),
}


class Facts(dict[str, Fact]):
    """Field to value; `burstiness` is peak over average, `autonomous_teams` the teams that the engineers can fill.

    `cpu_ms` is there only where it was measured.
    """

    def number(self, field: str) -> float:
        return float(self[field])

    def but(self, engineers_per_team: float, **changes: Fact) -> Facts:
        """These facts with some answers changed, and what follows from them worked out again."""
        changed = Facts(self)
        changed.update(changes)
        changed.derive(engineers_per_team)
        return changed

    def derive(self, engineers_per_team: float) -> None:
        average = max(self.number("traffic_rps_avg"), 1e-9)
        self["burstiness"] = max(1.0, self.number("traffic_rps_peak") / average)
        self["autonomous_teams"] = max(1.0, min(self.number("teams"), self.number("team_size") / engineers_per_team))


def facts_of(requirements: Requirements, evidence: Evidence) -> Facts:
    """The facts of these requirements."""
    facts = Facts({field: float(getattr(requirements, field)) for field in NUMBERS})
    facts.update({field: str(getattr(requirements, field)) for field in LEVELS})
    if requirements.cpu_ms is not None:
        facts["cpu_ms"] = requirements.cpu_ms
    facts.derive(evidence.parameter("engineers_per_team"))
    return facts
