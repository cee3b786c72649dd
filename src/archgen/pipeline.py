"""The line on one page: answers -> requirements -> recommendation -> blueprint ->
record.

Each step is a function of what the steps before it gave. A command goes along it as far
as it needs to: `recommend` to the advice, `new` to the record, which
`archgen.generator` turns into files. What only later steps need is imported by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archgen.advisor import Recommendation, recommend
from archgen.answers.inference import again
from archgen.answers.resolve import Resolved, resolve
from archgen.evidence.loader import load_evidence

if TYPE_CHECKING:
    from archgen.blueprint.schema import Blueprint
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Assumption

__all__ = ["Plan", "Resolved", "advise", "build", "make_plan", "record", "resolve"]


def advise(taken: Resolved, evidence: Evidence | None = None) -> Recommendation:
    """The recommendation, by archgen's own evidence unless other is given."""
    return recommend(
        taken.requirements,
        evidence or load_evidence(),
        again(taken.answers, taken.domain),
    )


def build(taken: Resolved, recommendation: Recommendation) -> Blueprint:
    """What is to be built; IncompatibleError when that does not go together or cannot
    be generated.
    """
    from archgen.blueprint.build import build_blueprint
    from archgen.blueprint.grouping import check_ownership

    blueprint = build_blueprint(taken.requirements, taken.domain, recommendation)
    return blueprint.model_copy(
        update={"ownership": check_ownership(blueprint, recommendation.services_owned)}
    )


def record(
    taken: Resolved, recommendation: Recommendation, blueprint: Blueprint
) -> dict[str, Any]:
    """The content of `archgen.yaml`, from which the project is rendered."""
    from archgen.generator.record import build_record

    return build_record(taken.raw, taken.requirements, recommendation, blueprint)


@dataclass(frozen=True, slots=True)
class Plan:
    """A project to be written; `instead`: where the advice names what cannot be
    generated yet.
    """

    taken: Resolved
    recommendation: Recommendation
    blueprint: Blueprint
    instead: tuple[Assumption, ...]

    @property
    def record(self) -> dict[str, Any]:
        return record(self.taken, self.recommendation, self.blueprint)


def make_plan(taken: Resolved) -> Plan:
    """All steps after the answers."""
    from archgen.blueprint.build import substitutions

    recommendation = advise(taken)
    blueprint = build(taken, recommendation)
    return Plan(
        taken,
        recommendation,
        blueprint,
        substitutions(taken.requirements, recommendation, blueprint),
    )
