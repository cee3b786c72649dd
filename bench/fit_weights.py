"""Weigh the criteria on the documented decisions, and write the weights into the
evidence.

usage: python bench/fit_weights.py [--write]

The points in criteria.toml are the prior: what the sources say, as log-odds. Each
criterion gets one weight, which multiplies its points. A weight is one before anything
is seen, is pulled towards one as by a normal prior of `SPREAD`, lies between `LEAST`
and `MOST`, and so can neither turn a sign nor make a ramp steep. The most probable
weights are found by coordinate descent on a convex loss; there is nothing random. Each
decision enters with what is known of its needs and without, half each, so that the
advice is right for those who say nothing of them too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archgen.advisor.facts import Facts, facts_from
from archgen.advisor.scoring import (
    Model,
    Verdict,
    chance,
    compile_criterion,
    find_family,
)
from archgen.evidence.loader import FOLDER, load_evidence
from archgen.evidence.schema import Evidence, Precedent

SPREAD = 0.15
LEAST, MOST = 0.3, 1.5
SWEEPS = 40
COVERAGE = 0.9  # of the defensible set, by cross-validation
# question -> the choice asked for, and against what: the two whose points are compared
QUESTIONS: Mapping[str, tuple[str, str, str]] = {
    "many": ("partition", "many", "few"),
    "one": ("partition", "one", "few"),
    "functions": ("runtime", "functions", "servers"),
    "stream": ("dataflow", "stream", "calls"),
}
FIRST = 0.75  # how far the first of two accepted outcomes is the answer


@dataclass(frozen=True)
class Row:
    """A decision as one question sees it: signed points of each criterion, the answer
    between 0 and 1, and its weight.
    """

    points: tuple[float, ...]
    answer: float
    weight: float


def family(outcome: str) -> str:
    """The family of an outcome: X+event_streaming belongs to X."""
    name = outcome.split("+")[0]
    return name if name == "event_streaming" else find_family(name)


def derive_case_facts(case: Precedent, each: float, needs: bool = True) -> Facts:
    """The circumstances of a decision as facts, with what is known of its needs or
    without.
    """
    known = (case.needs, case.experience) if needs else ((), ())
    return facts_from(dict(case.inputs), *known, each)


def find_answer(question: str, case: Precedent) -> float | None:
    """What the record answers, between no and yes; None where it does not say."""
    families = list(
        dict.fromkeys(family(o) for o in case.outcome if family(o) != "event_streaming")
    )
    if question == "stream":
        streams = ["event_streaming" in outcome for outcome in case.outcome]
        if all(streams) or not any(streams):
            return float(streams[0])
        return 0.5 if streams[0] else 1 - FIRST
    if not families:
        return None
    if question == "functions":
        return (
            float(families[0] == "serverless")
            if len(families) == 1
            else (FIRST if families[0] == "serverless" else 0.0)
        )
    if families[0] == "serverless":
        return None  # how the code of functions is cut is another matter
    if question == "one":
        return (
            float(case.outcome[0].startswith("monolith"))
            if families[0] == "monolith"
            else None
        )
    if len(families) == 1:
        return float(families[0] == "microservices")
    return FIRST if families[0] == "microservices" else 1 - FIRST


class Fitting:
    """The criteria compiled once, and the points of each case under each of them."""

    def __init__(self, evidence: Evidence, cases: Sequence[Precedent]) -> None:
        self.evidence = evidence
        self.cases = cases
        self.each = evidence.parameter("engineers_per_team")
        self.named = {
            question: [
                c
                for c in evidence.criteria
                if c.decision == decision and c.choice in (yes, no)
            ]
            for question, (decision, yes, no) in QUESTIONS.items()
        }
        self.rows: dict[str, list[tuple[str, Row]]] = {q: [] for q in QUESTIONS}
        for question, (_, yes, _) in QUESTIONS.items():
            compiled = [
                (compile_criterion(c), 1.0 if c.choice == yes else -1.0)
                for c in self.named[question]
            ]
            for case in cases:
                answer = find_answer(question, case)
                if answer is None:
                    continue
                for needs in (True, False):
                    facts = derive_case_facts(case, self.each, needs)
                    points = tuple(sign * of(facts) for of, sign in compiled)
                    self.rows[question].append(
                        (case.organisation, Row(points, answer, 0.5))
                    )

    def fit(self, without: Iterable[str] = ()) -> dict[str, float]:
        """The weights that these cases make most probable, those of some organisations
        left out.
        """
        left_out = set(without)
        weights: dict[str, float] = {}
        for question in QUESTIONS:
            rows = [
                row
                for organisation, row in self.rows[question]
                if organisation not in left_out
            ]
            found = descend(rows, len(self.named[question]))
            for criterion, weight in zip(self.named[question], found, strict=True):
                weights[criterion.id] = weight
        return weights

    def spent(self) -> float:
        """How many free parameters the fit is worth: of each weight, the share that the
        record decides and not the prior.
        """
        weights, total = self.fit(), 0.0
        for question, criteria in self.named.items():
            for k in range(len(criteria)):
                bend = 0.0
                for _, row in self.rows[question]:
                    p = chance(
                        sum(
                            weights[c.id] * x
                            for c, x in zip(criteria, row.points, strict=True)
                        )
                    )
                    bend += row.weight * p * (1 - p) * row.points[k] ** 2
                total += bend / (bend + 1 / SPREAD**2)
        return total

    def usual(self, without: Iterable[str] = ()) -> dict[str, float]:
        """How often each choice was taken in the record, one case added to either side."""
        left_out = set(without)
        found = {}
        for question, rows in self.rows.items():
            answers = [
                row.answer for organisation, row in rows if organisation not in left_out
            ]
            found[question] = round((sum(answers) / 2 + 1) / (len(answers) / 2 + 2), 2)
        return found

    def model(self, without: Iterable[str] = ()) -> Model:
        """The advisor as it would be had it never heard of some organisations: no
        weight, no frequency, no precedent of theirs.
        """
        left_out = set(without)
        weighing = self.evidence.weighing.model_copy(
            update={"weight": self.fit(left_out), "usual": self.usual(left_out)}
        )
        kept = tuple(case for case in self.cases if case.organisation not in left_out)
        return Model(
            self.evidence.model_copy(update={"weighing": weighing, "precedents": kept})
        )


def descend(rows: Sequence[Row], count: int) -> list[float]:
    """The weights with the least loss, one after another by a Newton step, within their
    bounds.
    """
    weights = [1.0] * count
    totals = [sum(row.points) for row in rows]
    for _ in range(SWEEPS):
        moved = 0.0
        for k in range(count):
            slope, bend = (weights[k] - 1) / SPREAD**2, 1 / SPREAD**2
            for row, total in zip(rows, totals, strict=True):
                x = row.points[k]
                if x:
                    p = chance(total)
                    slope += row.weight * (p - row.answer) * x
                    bend += row.weight * p * (1 - p) * x * x
            step = min(max(weights[k] - slope / bend, LEAST), MOST) - weights[k]
            if abs(step) > 1e-9:
                weights[k] += step
                totals = [
                    total + step * row.points[k]
                    for row, total in zip(rows, totals, strict=True)
                ]
                moved = max(moved, abs(step))
        if moved < 1e-5:
            break
    return weights


def held_out(fitting: Fitting, needs: bool = True) -> list[tuple[Precedent, Verdict]]:
    """Each case judged by an advisor that saw no decision of its organisation."""
    judged = []
    fits: dict[str, Model] = {}
    for case in fitting.cases:
        if case.organisation not in fits:
            fits[case.organisation] = fitting.model([case.organisation])
        judged.append(
            (
                case,
                fits[case.organisation].judge(
                    derive_case_facts(case, fitting.each, needs)
                ),
            )
        )
    return judged


def best_chance(case: Precedent, verdict: Verdict) -> float:
    """The chance given to the likeliest family that the record accepts; one where only
    a stream is named.
    """
    families = verdict.families
    accepted = [
        families[f]
        for f in {family(outcome) for outcome in case.outcome}
        if f in families
    ]
    return max(accepted, default=1.0)


def threshold(
    judged: Sequence[tuple[Precedent, Verdict]], coverage: float = COVERAGE
) -> float:
    """The chance from which a family is defensible, so that the accepted one is among
    them as often as asked.

    Conformal: of n cases that the weights did not see, the (1 - coverage)(n + 1)-th
    smallest chance of an accepted family.
    """
    chances = sorted(best_chance(case, verdict) for case, verdict in judged)
    at = int((1 - coverage) * (len(chances) + 1))
    return int(chances[max(at - 1, 0)] * 1000) / 1000


def weights_file(fitting: Fitting) -> str:
    """What is fitted, as the text of weights.toml."""
    weights = fitting.fit()
    both = [pair for needs in (True, False) for pair in held_out(fitting, needs)]
    common = ", ".join(f"{name} = {share}" for name, share in fitting.usual().items())
    now = fitting.evidence.weighing
    lines = [
        "# How the record weighs the criteria. Written by bench/fit_weights.py, which says how; not to be edited by hand.",
        "# `weight` multiplies the points of a criterion: 1 is what the sources say, and the record moved it from there.",
        "# `unexplained` is judgement: one decision in twenty went otherwise whatever was known of it.",
        "",
        f"cases = {len(fitting.cases)}",
        f'method = "one weight a criterion, most probable under a normal prior of 1 +- {SPREAD}, between {LEAST} and {MOST}"',
        f"unexplained = {now.unexplained}",
        f"usual = {{ {common} }}",
        f"defensible = {threshold(both)}",
        f"tie = {now.tie}",
        "",
        "[weight]",
        *(f"{name} = {weight:.3f}" for name, weight in weights.items()),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    evidence = load_evidence()
    fitting = Fitting(evidence, [case for case in evidence.precedents if case.scorable])
    text = weights_file(fitting)
    if "--write" in arguments:
        (FOLDER / "weights.toml").write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
