"""Facts to verdict: gates first, then the points of three decisions, then the architecture that follows.

Evaluated thousands of times a recommendation (confidence, flips), so the criteria are compiled once to plain functions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from math import log
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING

from archgen.advisor.facts import Facts
from archgen.advisor.knowledge import CHOICES
from archgen.advisor.recommendation import Architecture

if TYPE_CHECKING:
    from archgen.advisor.knowledge import Condition, Criterion, Evidence, Gate

OPERATORS: dict[str, Callable[..., bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
PARTITION_NAMES: dict[str, Architecture] = {"one": "monolith", "few": "modular_monolith", "many": "microservices"}


@dataclass(frozen=True, slots=True)
class Point:
    """What one criterion gives to its choice, here."""

    criterion: Criterion
    points: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The choice of each decision, the points of every choice that no gate rules out, and the gates that hold."""

    choices: dict[str, str]
    scores: dict[str, dict[str, float]]
    gates: tuple[Gate, ...]

    @property
    def architecture(self) -> Architecture:
        if self.choices["runtime"] == "functions":
            return "serverless"
        return PARTITION_NAMES[self.choices["partition"]]

    @property
    def event_streaming(self) -> bool:
        return self.choices["dataflow"] == "stream"

    @property
    def name(self) -> tuple[Architecture, bool]:
        return self.architecture, self.event_streaming

    @property
    def family(self) -> tuple[str, bool]:
        """What is built: a monolith is one template, with modules or without."""
        return ("monolith" if "monolith" in self.architecture else self.architecture), self.event_streaming

    def margin(self, decision: str) -> float:
        """Points between the choice and the best other; infinite when gates left only one."""
        scores = self.scores[decision]
        others = [points for choice, points in scores.items() if choice != self.choices[decision]]
        return scores[self.choices[decision]] - max(others) if others else float("inf")


def holds(conditions: tuple[Condition, ...], facts: Facts) -> bool:
    return all(OPERATORS[c.op](facts[c.field], c.value) for c in conditions)


def _ramp(criterion: Criterion) -> Callable[[Facts], float]:
    field = criterion.field or ""
    knots = [log(x) for x in criterion.x]
    values = criterion.y

    def points(facts: Facts) -> float:
        number = facts[field]
        at = log(number) if number > 0 else knots[0]  # type: ignore[operator,arg-type]
        if at <= knots[0]:
            return values[0]
        if at >= knots[-1]:
            return values[-1]
        i = bisect_right(knots, at)
        share = (at - knots[i - 1]) / (knots[i] - knots[i - 1])
        return values[i - 1] + share * (values[i] - values[i - 1])

    return points


def compile_criterion(criterion: Criterion) -> Callable[[Facts], float]:
    """The points that a criterion gives, as a function of the facts."""
    if criterion.kind == "constant":
        return lambda facts: criterion.points
    if criterion.kind == "ramp":
        points = _ramp(criterion)
    else:
        field, levels = criterion.field or "", dict(criterion.levels)

        def points(facts: Facts) -> float:
            return levels.get(facts[field], 0.0)  # type: ignore[arg-type]

    if not criterion.when:
        return points
    return lambda facts: points(facts) if holds(criterion.when, facts) else 0.0


class Model:
    """The evidence, compiled: what `judge` and `explain` evaluate."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.engineers_per_team = evidence.parameter("engineers_per_team")
        self._criteria = [(c, c.decision, c.choice, compile_criterion(c)) for c in evidence.criteria]
        self._gates = evidence.gates

    def judge(self, facts: Facts) -> Verdict:
        """The verdict on these facts. Ties go to the simpler choice, which is named first."""
        scores: dict[str, dict[str, float]] = {d: dict.fromkeys(choices, 0.0) for d, choices in CHOICES.items()}
        for _, decision, choice, points in self._criteria:
            scores[decision][choice] += points(facts)
        gates = tuple(gate for gate in self._gates if holds(gate.when, facts))
        for gate in gates:
            scores[gate.decision].pop(gate.choice, None)
        choices = {decision: max(table, key=lambda c, t=table: t[c]) for decision, table in scores.items()}  # type: ignore[misc]
        return Verdict(choices, scores, gates)

    def explain(self, facts: Facts) -> list[Point]:
        """What each criterion gives here, zeros left out."""
        found = [Point(c, points(facts)) for c, _, _, points in self._criteria]
        return [point for point in found if abs(point.points) >= 0.005]

    def but(self, facts: Facts, **changes: str | float) -> Facts:
        return facts.but(self.engineers_per_team, **changes)
