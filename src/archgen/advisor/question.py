"""The one question whose answer would tell most: expected information about what to build, over what the record answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import log2
from typing import TYPE_CHECKING

from archgen.advisor.facts import LEVELS, Facts
from archgen.advisor.recommendation import Question
from archgen.needs import EXPERIENCE, NEEDS, ran

if TYPE_CHECKING:
    from archgen.advisor.knowledge import Precedent
    from archgen.advisor.scoring import Model, Verdict

LEAST = 0.01  # bits: below it a question is not worth asking
ASKS: Mapping[str, str] = {
    "scope": "Is it a first version, a product, or a platform of many?",
    "traffic_pattern": "Is the traffic even, following the day, in bursts, or rare?",
    "workload": "What kind of system is it?",
    "relational_needs": "How much must be joined, or written in one transaction?",
    "ops_maturity": "How far are automated deployment, monitoring and on-call?",
    "independent_scaling_need": "How much do parts differ in load or hardware?",
}
Answers = list[tuple[str, float, "Verdict"]]  # an answer, its share in the record, and the verdict with it


def best_question(model: Model, facts: Facts, verdict: Verdict, unanswered: Collection[str]) -> Question | None:
    """The question with the most expected information; none where no answer would tell anything."""
    found: list[Question] = []
    for field, value, answers in _open(model, facts, verdict, unanswered):
        told = information(answers)
        if told < LEAST:
            continue
        asks = ASKS[field] if value is None else (NEEDS | EXPERIENCE)[value].asks  # type: ignore[operator,index]
        names = {answer: v.architecture + ("+event_streaming" if v.event_streaming else "") for answer, _, v in answers}
        found.append(Question(field=field, value=value, asks=asks, tells_bits=round(told, 3), then=names))
    return max(found, key=lambda q: q.tells_bits, default=None)


def information(answers: Answers) -> float:
    """Bits that an answer is expected to tell of the architecture and of the stream."""
    total = 0.0
    spreads = [(share, [list(v.families.values()), list(v.chances["dataflow"].values())]) for _, share, v in answers]
    for k in range(2):
        width = range(len(spreads[0][1][k]))
        mean = [sum(share * spread[k][i] for share, spread in spreads) for i in width]
        total += _entropy(mean) - sum(share * _entropy(spread[k]) for share, spread in spreads)
    return max(total, 0.0)


def _entropy(chances: list[float]) -> float:
    return -sum(p * log2(p) for p in chances if p > 0)


def _open(
    model: Model, facts: Facts, verdict: Verdict, unanswered: Collection[str]
) -> Iterator[tuple[str, str | None, Answers]]:
    """What was not answered, with each answer that it may have."""
    record = model.evidence.precedents
    said = {**{need: ("needs", need) for need in NEEDS}, **{ran(e): ("experience", e) for e in EXPERIENCE}}
    for fact, (field, value) in said.items():
        if facts[fact] == "no":
            share = _share(record, lambda p, f=field, v=value: v in getattr(p, f))  # type: ignore[misc]
            yes = model.judge(model.but(facts, **{fact: "yes"}))
            yield field, value, [("no", 1 - share, verdict), ("yes", share, yes)]
    for field in ASKS:
        if field in unanswered:
            shares = {level: _share(record, lambda p, f=field, v=level: p.inputs[f] == v) for level in LEVELS[field]}  # type: ignore[misc]
            whole = sum(shares.values())
            yield (
                field,
                None,
                [(v, s / whole, model.judge(model.but(facts, **{field: v}))) for v, s in shares.items()],
            )


def _share(record: Collection[Precedent], has: object) -> float:
    """How often the record has it, one case added to either side."""
    return (sum(bool(has(p)) for p in record) + 1) / (len(record) + 2)  # type: ignore[operator]
