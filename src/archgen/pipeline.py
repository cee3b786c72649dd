"""The line on one page: what follows from answers, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archgen.advisor import Recommendation, recommend
from archgen.answers.inference import again
from archgen.answers.resolve import Resolved
from archgen.blueprint.build import build_blueprint, substitutions
from archgen.blueprint.schema import Blueprint
from archgen.evidence.loader import load_evidence
from archgen.generator.record import build_record
from archgen.requirements import Assumption


@dataclass(frozen=True, slots=True)
class Plan:
    """A project to be written; `instead`: where the advice names what cannot be generated yet."""

    taken: Resolved
    recommendation: Recommendation
    blueprint: Blueprint
    instead: tuple[Assumption, ...]

    @property
    def record(self) -> dict[str, Any]:
        record = build_record(self.taken.raw, self.taken.requirements, self.recommendation, self.blueprint)
        return {**record, "recommendation": self.recommendation.document()}


def make_plan(taken: Resolved) -> Plan:
    requirements = taken.requirements
    recommendation = recommend(requirements, load_evidence(), again(taken.answers, taken.domain))
    blueprint = build_blueprint(requirements, taken.domain, recommendation)
    return Plan(taken, recommendation, blueprint, substitutions(requirements, recommendation, blueprint))
