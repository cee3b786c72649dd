"""Two architectures for the same requirements, side by side: what each costs, bears,
needs and risks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archgen.advisor.engine import recommend, sentence
from archgen.advisor.facts import derive_facts
from archgen.advisor.recommendation import TEMPLATE_OF, Document, Recommendation
from archgen.advisor.scoring import Model, find_family
from archgen.advisor.signing import weight_for

if TYPE_CHECKING:
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements

COMPARABLE = ("monolith", "microservices", "serverless")
POINTS = 3


class Side(Document):
    """One of the two; `probability` is that of its family. `ruled_out` are the rules
    against it; `speaks_for` and `speaks_against` its strongest points.
    """

    architecture: str
    advised: bool
    probability: float
    score: float
    ruled_out: tuple[str, ...]
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    usd_a_month: float
    usd_low: float
    usd_high: float
    people_fte: float
    availability: float
    first_ceiling: str | None = None
    first_ceiling_month: float | None = None
    database: str
    risks: tuple[str, ...]


class Comparison(Document):
    """Both sides, and the advice when nobody has chosen."""

    advice: str
    confidence: float
    sides: tuple[Side, Side]


def compare(
    requirements: Requirements, evidence: Evidence, a: str, b: str
) -> Comparison:
    """Two of monolith, microservices and serverless for these requirements."""
    advice = recommend(
        requirements.model_copy(update={"architecture": "auto"}), evidence
    )
    first, second = (_side(requirements, evidence, name, advice) for name in (a, b))
    return Comparison(
        advice=advice.architecture, confidence=advice.confidence, sides=(first, second)
    )


def _side(
    requirements: Requirements, evidence: Evidence, name: str, advice: Recommendation
) -> Side:
    built = recommend(requirements.model_copy(update={"architecture": name}), evidence)
    bill = built.cost.per_month[built.cost.candidate]
    family = find_family(built.architecture)
    facts = derive_facts(requirements, evidence)
    mine = [
        (weight_for(p, family), sentence(p, facts))
        for p in Model(evidence).explain(facts)
        if p.criterion.kind != "constant"
    ]
    ceiling = built.capacity.first_ceiling
    return Side(
        architecture=built.architecture,
        advised=TEMPLATE_OF[advice.architecture] == built.template,
        probability=next(
            c.probability
            for c in advice.considered
            if TEMPLATE_OF[c.architecture] == built.template
        ),
        score=advice.scores[built.architecture],
        ruled_out=tuple(
            g.rule for g in advice.gates if g.architecture == built.architecture
        ),
        speaks_for=tuple(
            text for points, text in sorted(mine, reverse=True)[:POINTS] if points > 0
        ),
        speaks_against=tuple(
            text for points, text in sorted(mine)[:POINTS] if points < 0
        ),
        usd_a_month=bill.total,
        usd_low=bill.low,
        usd_high=bill.high,
        people_fte=bill.people_fte,
        availability=built.capacity.availability.expected,
        first_ceiling=ceiling.what if ceiling else None,
        first_ceiling_month=ceiling.month if ceiling else None,
        database=built.stack["database"].choice,
        risks=tuple(risk.risk for risk in built.risks),
    )
