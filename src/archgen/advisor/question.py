"""The one question whose answer would tell most: expected information about what to
build, over what the record answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from math import log2
from typing import TYPE_CHECKING

from archgen.advisor.facts import LEVELS, Facts
from archgen.advisor.needs import EXPERIENCE, NEEDS, Meaning, ran
from archgen.advisor.recommendation import Question

if TYPE_CHECKING:
    from archgen.advisor.scoring import Model, Verdict

LEAST = 0.02  # bits: below it a question is not worth asking
ASKS: Mapping[str, str] = {
    "scope": "How much is at stake?",
    "traffic_pattern": "How does traffic come?",
    "workload": "What kind of system is it?",
    "relational_needs": "How much is joined, or written together?",
    "ops_maturity": "How mature are deployment and on-call?",
    "independent_scaling_need": "How much do parts differ in load?",
}
MEANINGS: Mapping[str, Meaning] = {**NEEDS, **EXPERIENCE}
# an answer, its share in the record, and the verdict with it
Answers = list[tuple[str, float, "Verdict"]]


def best_question(
    model: Model, facts: Facts, verdict: Verdict, unanswered: Collection[str]
) -> Question | None:
    """The question with the most expected information; none where no answer would tell
    anything.
    """
    found: list[Question] = []
    for field, value, answers in _open(model, facts, verdict, unanswered):
        told = information(answers)
        if told < LEAST:
            continue
        asks = ASKS[field] if value is None else MEANINGS[value].asks
        names = {
            answer: v.architecture + ("+event_streaming" if v.event_streaming else "")
            for answer, _, v in answers
        }
        found.append(
            Question(
                field=field,
                value=value,
                asks=asks,
                tells_bits=round(told, 3),
                then=names,
            )
        )
    return max(found, key=lambda q: q.tells_bits, default=None)


def information(answers: Answers) -> float:
    """Bits that an answer is expected to tell of the architecture and of the stream."""
    total = 0.0
    spreads = [
        (share, [list(v.families.values()), list(v.chances["dataflow"].values())])
        for _, share, v in answers
    ]
    for k in range(2):
        width = range(len(spreads[0][1][k]))
        mean = [sum(share * spread[k][i] for share, spread in spreads) for i in width]
        total += _entropy(mean) - sum(
            share * _entropy(spread[k]) for share, spread in spreads
        )
    return max(total, 0.0)


def _entropy(chances: list[float]) -> float:
    return -sum(p * log2(p) for p in chances if p > 0)


def _open(
    model: Model, facts: Facts, verdict: Verdict, unanswered: Collection[str]
) -> Iterator[tuple[str, str | None, Answers]]:
    """What was not answered, with each answer that it may have."""
    record = model.evidence.precedents
    for need in NEEDS:
        if facts[need] == "no":
            share = _share(need in precedent.needs for precedent in record)
            yield "needs", need, _either(model, facts, verdict, need, share)
    for name in EXPERIENCE:
        if facts[ran(name)] == "no":
            share = _share(name in precedent.experience for precedent in record)
            yield "experience", name, _either(model, facts, verdict, ran(name), share)
    for field in ASKS:
        if field in unanswered:
            shares = {
                level: _share(precedent.inputs[field] == level for precedent in record)
                for level in LEVELS[field]
            }
            whole = sum(shares.values())
            found = [
                (v, s / whole, model.judge(model.but(facts, **{field: v})))
                for v, s in shares.items()
            ]
            yield field, None, found


def _either(
    model: Model, facts: Facts, verdict: Verdict, fact: str, share: float
) -> Answers:
    """No, as it is judged now, and yes."""
    return [
        ("no", 1 - share, verdict),
        ("yes", share, model.judge(model.but(facts, **{fact: "yes"}))),
    ]


def _share(has: Iterable[bool]) -> float:
    """How often the record has it, one case added to either side."""
    found = list(has)
    return (sum(found) + 1) / (len(found) + 2)
