"""Requirements to recommendation: judge, explain, and say how far to trust it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, get_args

from archgen.advisor.confidence import confidence
from archgen.advisor.facts import Facts, derive_facts
from archgen.advisor.needs import EXPERIENCE, NEEDS, ran
from archgen.advisor.precedents import nearest_precedents
from archgen.advisor.question import best_question
from archgen.advisor.recommendation import (
    TEMPLATE_OF,
    Architecture,
    Basis,
    Cost,
    Decision,
    Decisions,
    Flip,
    Override,
    Question,
    Reason,
    Recommendation,
    Risk,
    RuledOut,
)
from archgen.advisor.scoring import (
    FAMILIES,
    PARTITION_NAMES,
    Model,
    Point,
    Verdict,
    find_family,
    holds,
)
from archgen.advisor.sensitivity import find_flips
from archgen.advisor.signing import best_form, considered, defensible, look_again, notes
from archgen.advisor.sizing import (
    Design,
    choose_candidate,
    count_owned,
    count_services,
    estimate_cost,
    fits_one_machine,
    has_broker,
    size_capacity,
)
from archgen.advisor.stack import choose_stack, with_figures

if TYPE_CHECKING:
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements

    Again = Callable[[str, str | float | int | tuple[str, ...]], Requirements]

BASE = (
    10.0  # keeps every score that is not ruled out above zero, which says "ruled out"
)
ASKED_AS: Mapping[
    str, tuple[str, ...]
] = {  # what a fact follows from, where it is no answer itself
    "burstiness": ("traffic_rps_peak", "traffic_rps_avg"),
    "autonomous_teams": ("teams", "team_size"),
    "said_pattern": ("traffic_pattern",),
}
# what a verdict rests on
BEHIND: Mapping[str, set[str]] = {
    "serverless": {"runtime"},
    "microservices": {"partition"},
}
SPEAKS_OF: Mapping[tuple[str, str], str] = {
    ("partition", "one"): "monolith",
    ("partition", "few"): "modular_monolith",
    ("partition", "many"): "microservices",
    ("runtime", "functions"): "serverless",
    ("dataflow", "calls"): "calls",
    ("dataflow", "stream"): "event_streaming",
}


def recommend(
    requirements: Requirements, evidence: Evidence, again: Again | None = None
) -> Recommendation:
    """The architecture to build, why, how sure that is, and what would change it.

    `again` gives the requirements with one answer changed and the rest inferred from it
    anew: a flip then counts only when it holds with the rest as it is and with the rest
    as it would be.
    """
    model = Model(evidence)
    facts = derive_facts(requirements, evidence)
    advice = model.judge(facts)
    built = overridden(advice, requirements.architecture)
    points = model.explain(facts)
    said = facts_with_verdict(facts, built, advice, requirements.architecture)
    target = round(1 - requirements.slo.error_rate, 6)
    fits = fits_one_machine(
        facts, evidence, streaming=built.event_streaming, target=target
    )
    said["fits_one_machine"] = "yes" if fits else "no"
    services = count_services(
        facts, len(requirements.parts), requirements.modules, evidence
    )
    design = Design(
        evidence,
        said,
        built.event_streaming,
        services,
        brokered=has_broker(requirements),
        database=requirements.stack.database,
    )
    said["shards"] = float(design.shards(TEMPLATE_OF[built.architecture]))
    stack = choose_stack(said, requirements, evidence)
    owned = count_owned(facts, evidence)
    said["services_without_owner"] = float(max(0, design.services - owned))
    candidate = choose_candidate(TEMPLATE_OF[built.architecture], stack, design)
    said.update({topic: option.choice for topic, option in stack.items()})
    capacity = size_capacity(design, candidate, stack, target)
    said["up_as_asked"] = "yes" if capacity.availability.meets else "no"
    cost = estimate_cost(design, candidate)
    unanswered = {a.field for a in requirements.assumed}
    trust = confidence(model, facts, advice, unanswered)
    held = defensible(advice, evidence.weighing.defensible)
    flips = tuple(
        f
        for f in find_flips(model, facts, advice)
        if again is None or holds_again(f, again, model)
    )
    question = best_question(model, facts, advice, unanswered)
    risks = tuple(
        Risk(risk=rule.risk, mitigation=rule.mitigation, source=evidence.cite(rule))
        for rule in evidence.risks
        if holds(rule.when, said)
    )
    return Recommendation(
        architecture=built.architecture,
        event_streaming=built.event_streaming,
        template=TEMPLATE_OF[built.architecture],
        services_owned=owned,
        decisions=explain_decisions(advice, built, points, facts, trust.decisions),
        confidence=trust.verdict,
        probabilities={
            name: round(share, 3) for name, share in advice.probabilities.items()
        },
        defensible=held,
        tie=describe_tie(advice, question, evidence.weighing.tie),
        considered=considered(
            advice, points, cost, held, lambda point: sentence(point, facts)
        ),
        question=question,
        look_again=look_again(facts, flips, capacity, find_family(built.architecture)),
        recovery=notes("recovery", said, evidence),
        duties=notes("duty", said, evidence),
        skills=notes("skill", said, evidence),
        way_on=notes("way", said, evidence),
        scores=score_architectures(advice),
        gates=tuple(
            RuledOut(
                architecture=SPEAKS_OF[g.decision, g.choice],
                rule=g.rule,
                because=g.because,
                source=evidence.cite(g),
            )
            for g in advice.gates
        ),
        reasons=rank_reasons(advice, points, facts, evidence, requirements),
        runner_up=runner_up(built, advice),
        flips=flips,
        precedents=nearest_precedents(facts, built, evidence),
        override=describe_override(
            requirements.architecture, advice, built, risks, cost
        ),
        assumed=requirements.assumed,
        not_asked=not_asked(requirements),
        stack=with_figures(stack, capacity, evidence),
        capacity=capacity,
        cost=cost,
        risks=risks,
        next_steps=tuple(
            step.step for step in evidence.steps if holds(step.when, said)
        ),
    )


def holds_again(flip: Flip, again: Again, model: Model) -> bool:
    """Whether a flip holds when all that was inferred from its field is inferred again."""
    found = model.judge(derive_facts(again(flip.field, flip.to), model.evidence))
    return found.name == (flip.architecture, flip.event_streaming)


def overridden(advice: Verdict, asked: str) -> Verdict:
    """The advice, or what the user asked for in its place; of a monolith the better of
    its two forms.
    """
    if asked == "auto" or TEMPLATE_OF[advice.architecture] == asked:
        return advice
    choices = dict(advice.choices)
    if asked == "serverless":
        choices["runtime"] = "functions"
    else:
        choices["runtime"] = "servers"
        partition = advice.chances["partition"]
        choices["partition"] = (
            "many"
            if asked == "microservices"
            else max(("one", "few"), key=lambda c: partition[c])
        )
    return replace(advice, choices=choices)


def facts_with_verdict(
    facts: Facts, built: Verdict, advice: Verdict, asked: str
) -> Facts:
    """The facts that the rules for stack, risks and next steps may ask for."""
    said = Facts(facts)
    said.update(built.choices)
    said.update(
        architecture=built.architecture,
        template=TEMPLATE_OF[built.architecture],
        advised=advice.architecture,
        asked=asked,
    )
    return said


def score_architectures(advice: Verdict) -> dict[str, float]:
    """Points of each architecture: the logarithm of its family's chance, less what the
    better form of it is ahead.

    The advice has the most; zero is what a gate rules out.
    """
    each = advice.probabilities
    scores = {}
    for family, chance in advice.families.items():
        best = max(each[name] for name in FAMILIES[family])
        for name in FAMILIES[family]:
            points = (
                BASE + log(chance) + log(each[name] / best) if each[name] > 0 else 0.0
            )
            scores[name] = round(max(points, 0.0), 3)
    return {name: scores[name] for name in get_args(Architecture)}


def runner_up(built: Verdict, advice: Verdict) -> Architecture:
    """The likeliest architecture of another family; when gates leave none, the other
    form of the same.
    """
    families = {
        f: chance for f, chance in advice.families.items() if f != built.family[0]
    }
    return best_form(advice, max(families, key=lambda family: families[family]))


def describe_tie(
    advice: Verdict, question: Question | None, closer: float
) -> str | None:
    """Two families too close to call, and what would break the tie."""
    first, second = sorted(advice.families.items(), key=lambda found: -found[1])[:2]
    if first[1] - second[1] >= closer:
        return None
    named = " and ".join(
        f"{best_form(advice, f).replace('_', ' ')} ({chance:.0%})"
        for f, chance in (first, second)
    )
    broken = (
        f"what would break it: {question.asks.rstrip('?')}"
        if question
        else "no answer that is open would break it"
    )
    return f"{named} are as good as tied; {broken}"


def not_asked(requirements: Requirements) -> tuple[str, ...]:
    """The needs and the experience of which nothing is known."""
    known = {*requirements.needs, *requirements.experience}
    return tuple(name for name in (*NEEDS, *EXPERIENCE) if name not in known)


def describe_override(
    asked: str, advice: Verdict, built: Verdict, risks: tuple[Risk, ...], cost: Cost
) -> Override | None:
    """What the user's own choice replaces, the first risk it carries, and what it costs
    more.
    """
    if built is advice:
        return None
    broken = [g.rule for g in advice.gates if built.choices[g.decision] == g.choice]
    if broken:
        risk = (
            f"{broken[0]}; {risks[0].risk[0].lower()}{risks[0].risk[1:]}"
            if risks
            else broken[0]
        )
    else:
        risk = risks[0].risk if risks else "The answers speak for the advice"
    ours, advised = cost.per_month[cost.candidate], cost.per_month[advice.architecture]
    return Override(
        asked=asked,
        advised=advice.architecture,
        risk=risk,
        extra_usd_a_month=round(ours.total - advised.total, 2),
        extra_people_fte=round(ours.people_fte - advised.people_fte, 2),
    )


def explain_decisions(
    advice: Verdict,
    built: Verdict,
    points: list[Point],
    facts: Facts,
    shares: Mapping[str, float],
) -> Decisions:
    """Each decision with the points and chances of its choices, and the strongest
    reason.
    """
    chances = advice.chances

    def one(decision: str) -> Decision:
        choice = built.choices[decision]
        replaced = (
            advice.choices[decision] if advice.choices[decision] != choice else None
        )
        return Decision(
            choice=choice,
            scores={c: round(p, 2) for c, p in advice.scores[decision].items()},
            probabilities={c: round(p, 3) for c, p in chances[decision].items()},
            because=strongest(decision, advice, points, facts)
            if replaced is None
            else "You asked for it",
            confidence=shares[decision],
            advised=replaced,
        )

    return Decisions(
        partition=one("partition"), runtime=one("runtime"), dataflow=one("dataflow")
    )


def support(point: Point, verdict: Verdict) -> float:
    """Points for the verdict: what speaks for another choice counts against it."""
    chosen = verdict.choices[point.criterion.decision] == point.criterion.choice
    return point.points if chosen else -point.points


def at_stake(point: Point, verdict: Verdict) -> bool:
    """Whether the points are of the choice that was made, or of the one that would be
    another template.
    """
    return point.criterion.choice in (
        verdict.choices[point.criterion.decision],
        "many",
        "functions",
        "stream",
    )


def strongest(
    decision: str, verdict: Verdict, points: list[Point], facts: Facts
) -> str:
    """What weighs most for the choice: a gate that leaves nothing else, or the
    criterion with most points.
    """
    if len(verdict.scores[decision]) == 1:
        return next(g.because for g in verdict.gates if g.decision == decision)
    mine = [
        p
        for p in points
        if p.criterion.decision == decision and support(p, verdict) > 0
    ]
    if not mine:
        return "Nothing else speaks more for another"
    best = max(
        mine,
        key=lambda p: (
            p.criterion.kind != "constant",
            at_stake(p, verdict),
            support(p, verdict),
        ),
    )
    return sentence(best, facts)


def sentence(point: Point, facts: Facts) -> str:
    """Why a criterion gives its points, with the value that it looked at."""
    criterion = point.criterion
    text = (
        criterion.because if point.points > 0 else criterion.against
    ) or criterion.note
    value = shown(facts[criterion.field]) if criterion.field else ""
    # fractions of teams come of teams that were not counted
    if criterion.field == "autonomous_teams":
        value = f"{facts.number(criterion.field):.0f}"
    return text.format(value=value, s="" if value == "1" else "s")


def shown(value: str | float) -> str:
    """A fact as people write it: three significant digits, thousands separated."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def find_basis(field: str | None, requirements: Requirements) -> Basis:
    """Whether what a criterion looked at was said, or taken in place of an answer."""
    if field is None:
        return "always"
    assumed = {
        assumption.field: assumption.value for assumption in requirements.assumed
    }
    if field in NEEDS:
        inferred = assumed.get("needs", ())
        return "assumed" if isinstance(inferred, list) and field in inferred else "said"
    if field in {ran(name) for name in EXPERIENCE}:
        return "said"
    return (
        "assumed"
        if any(name in assumed for name in ASKED_AS.get(field, (field,)))
        else "said"
    )


def rank_reasons(
    advice: Verdict,
    points: list[Point],
    facts: Facts,
    evidence: Evidence,
    requirements: Requirements,
) -> tuple[Reason, ...]:
    """Every point that was given: first the best for each decision behind the advice,
    then what else speaks for it.
    """
    behind = BEHIND.get(advice.architecture, {"partition", "runtime"}) | (
        {"dataflow"} if advice.event_streaming else set()
    )

    def rank(point: Point) -> tuple[bool, bool, bool, bool, float]:
        criterion = point.criterion
        speaks = support(point, advice)
        return (
            speaks <= 0,
            criterion.decision not in behind,
            criterion.kind == "constant",
            not at_stake(point, advice),
            -speaks,
        )

    ordered = sorted(points, key=rank)
    best = {
        p.criterion.decision: p for p in reversed(ordered) if support(p, advice) > 0
    }
    first = [
        best[decision]
        for decision in ("dataflow", "partition", "runtime")
        if decision in behind & best.keys()
    ]
    ordered.sort(
        key=lambda point: (
            point not in first,
            first.index(point) if point in first else 0,
        )
    )

    return tuple(
        Reason(
            decision=p.criterion.decision,
            criterion=p.criterion.id,
            value=shown(facts[p.criterion.field]) if p.criterion.field else "always",
            effect=share_points(p),
            because=sentence(p, facts),
            source=evidence.cite(p.criterion),
            basis=find_basis(p.criterion.field, requirements),
        )
        for p in ordered
    )


def share_points(point: Point) -> dict[str, float]:
    """Architecture to points; servers are every architecture but serverless."""
    choice, points = point.criterion.choice, round(point.points, 2)
    names = (
        list(PARTITION_NAMES.values())
        if choice == "servers"
        else [SPEAKS_OF[point.criterion.decision, choice]]
    )
    return dict.fromkeys(names, points)
