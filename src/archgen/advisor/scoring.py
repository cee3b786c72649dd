"""Facts to verdict: the points of three decisions, their chances, then the architecture
that follows.

Points are log-odds. Functions or servers is asked first; then parts deployed apart
(many) or one deployable (few); then one part or modules (one or few). The architecture
is the family with the best chance, so that what is advised is what is most often right.
Evaluated hundreds of times a recommendation, so the criteria are compiled once to plain
functions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING

from archgen.advisor.facts import LEVELS, Facts
from archgen.advisor.recommendation import Architecture
from archgen.evidence.schema import CHOICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archgen.evidence.schema import Condition, Criterion, Evidence, Gate

OPERATORS: dict[str, Callable[..., bool]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
PARTITION_NAMES: dict[str, Architecture] = {
    "one": "monolith",
    "few": "modular_monolith",
    "many": "microservices",
}
FAMILIES: dict[str, tuple[Architecture, ...]] = {
    "monolith": ("monolith", "modular_monolith"),
    "microservices": ("microservices",),
    "serverless": ("serverless",),
}


def chance(points: float) -> float:
    """The chance that log-odds stand for."""
    return 1 / (1 + exp(-max(-60.0, min(60.0, points))))


@dataclass(frozen=True, slots=True)
class Point:
    """What one criterion gives to its choice, here."""

    criterion: Criterion
    points: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The choice of each decision, the points of every choice that no gate rules out,
    and the gates that hold.
    """

    choices: dict[str, str]
    scores: dict[str, dict[str, float]]
    gates: tuple[Gate, ...]
    unexplained: float = 0.0  # the share of the record that no answers explain: there the usual is as likely as ever
    usual: Mapping[str, float] = field(default_factory=dict)

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
        return find_family(self.architecture), self.event_streaming

    def odds(self, decision: str, choice: str, other: str) -> float:
        """The chance of a choice against another; what a gate rules out has none."""
        scores = self.scores[decision]
        if choice not in scores:
            return 0.0
        if other not in scores:
            return 1.0
        explained = chance(scores[choice] - scores[other])
        return explained + self.unexplained * (self.usual.get(choice, 0.5) - explained)

    @property
    def chances(self) -> dict[str, dict[str, float]]:
        """The chance of each choice of each decision, each decision by itself."""
        many = self.odds("partition", "many", "few")
        one = self.odds("partition", "one", "few")
        functions = self.odds("runtime", "functions", "servers")
        stream = self.odds("dataflow", "stream", "calls")
        return {
            "partition": {
                "one": (1 - many) * one,
                "few": (1 - many) * (1 - one),
                "many": many,
            },
            "runtime": {"servers": 1 - functions, "functions": functions},
            "dataflow": {"calls": 1 - stream, "stream": stream},
        }

    @property
    def probabilities(self) -> dict[Architecture, float]:
        """The chance of each architecture; they add up to one."""
        found = self.chances
        servers = found["runtime"]["servers"]
        cuts = {
            name: servers * found["partition"][cut]
            for cut, name in PARTITION_NAMES.items()
        }
        return {**cuts, "serverless": found["runtime"]["functions"]}

    @property
    def families(self) -> dict[str, float]:
        """The chance of each family: a monolith with modules or without is one."""
        each = self.probabilities
        return {
            family: sum(each[name] for name in names)
            for family, names in FAMILIES.items()
        }


def find_family(architecture: str) -> str:
    return next(family for family, names in FAMILIES.items() if architecture in names)


def holds(conditions: tuple[Condition, ...], facts: Facts) -> bool:
    return all(OPERATORS[c.op](facts[c.field], c.value) for c in conditions)


def _ramp(
    name: str, x: tuple[float, ...], values: tuple[float, ...]
) -> Callable[[Facts], float]:
    knots = [log(at) for at in x]

    def points(facts: Facts) -> float:
        number = facts[name]
        at = log(number) if number > 0 else knots[0]  # type: ignore[operator,arg-type]
        if at <= knots[0]:
            return values[0]
        if at >= knots[-1]:
            return values[-1]
        i = bisect_right(knots, at)
        share = (at - knots[i - 1]) / (knots[i] - knots[i - 1])
        return values[i - 1] + share * (values[i] - values[i - 1])

    return points


def _levels(criterion: Criterion) -> Callable[[Facts], float]:
    name, levels = criterion.field or "", dict(criterion.levels)
    ordered = [levels[level] for level in LEVELS.get(name, ())]

    between = f"{name}_grade"

    def points(facts: Facts) -> float:
        grade = facts.get(between)
        if not isinstance(grade, float):
            return levels.get(facts[name], 0.0)  # type: ignore[arg-type]
        below = min(int(grade), len(ordered) - 2)
        return ordered[below] + (grade - below) * (ordered[below + 1] - ordered[below])

    return points


def compile_criterion(criterion: Criterion) -> Callable[[Facts], float]:
    """The points of a criterion before they are weighed, as a function of the facts."""
    if criterion.kind == "constant":
        return lambda facts: criterion.points
    if criterion.kind == "ramp":
        points = _ramp(criterion.field or "", criterion.x, criterion.y)
    else:
        points = _levels(criterion)
    if criterion.fade is not None:
        points = _faded(
            points, _ramp(criterion.fade.field, criterion.fade.x, criterion.fade.y)
        )
    if not criterion.when:
        return points
    return lambda facts: points(facts) if holds(criterion.when, facts) else 0.0


def _faded(
    points: Callable[[Facts], float], share: Callable[[Facts], float]
) -> Callable[[Facts], float]:
    return lambda facts: points(facts) * share(facts)


class Model:
    """The evidence, compiled: what `judge` and `explain` evaluate. Other weights than
    those of the evidence may be given.
    """

    def __init__(
        self, evidence: Evidence, weights: Mapping[str, float] | None = None
    ) -> None:
        self.evidence = evidence
        self.engineers_per_team = evidence.parameter("engineers_per_team")
        weighed = evidence.weights if weights is None else weights
        self._criteria = [
            (c, c.decision, c.choice, compile_criterion(c), weighed.get(c.id, 1.0))
            for c in evidence.criteria
        ]
        self._gates = evidence.gates
        self._unexplained = evidence.weighing.unexplained
        self._usual = evidence.weighing.usual

    def judge(self, facts: Facts) -> Verdict:
        """The verdict on these facts. Ties go to the simpler choice, which is named
        first.
        """
        scores: dict[str, dict[str, float]] = {
            d: dict.fromkeys(choices, 0.0) for d, choices in CHOICES.items()
        }
        for _, decision, choice, points, weight in self._criteria:
            scores[decision][choice] += weight * points(facts)
        gates = tuple(gate for gate in self._gates if holds(gate.when, facts))
        for gate in gates:
            scores[gate.decision].pop(gate.choice, None)
        found = Verdict({}, scores, gates, self._unexplained, self._usual)
        found.choices.update(_choices(found))
        return found

    def explain(self, facts: Facts) -> list[Point]:
        """What each criterion gives here, zeros left out."""
        found = [
            Point(c, weight * points(facts))
            for c, _, _, points, weight in self._criteria
        ]
        return [point for point in found if abs(point.points) >= 0.005]

    def but(self, facts: Facts, **changes: str | float) -> Facts:
        return facts.but(self.engineers_per_team, **changes)


def _choices(verdict: Verdict) -> dict[str, str]:
    """The choice of each decision, such that the family of the architecture has the
    best chance.
    """
    family = max(verdict.families.items(), key=lambda found: found[1])[0]
    chances = verdict.chances
    partition = chances["partition"]
    deployable = max(("one", "few"), key=lambda cut: partition[cut])
    many = family == "microservices" or (
        family == "serverless" and partition["many"] > 0.5
    )
    return {
        "partition": "many" if many else deployable,
        "runtime": "functions" if family == "serverless" else "servers",
        "dataflow": "stream" if chances["dataflow"]["stream"] > 0.5 else "calls",
    }
