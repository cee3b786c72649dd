"""How good the advice is on documented decisions that it did not see: by
cross-validation, beside simpler rules.

usage: python bench/score_cases.py [CASES.yaml]

Without a file the decisions that archgen ships with are scored, each by an advisor that
saw no decision of its organisation. The decisions of a file are scored with the weights
as they are. The figures of docs/advisor.md are the output.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from random import Random
from typing import Any

from archgen.advisor.confidence import SEED, perturbed
from archgen.advisor.facts import LEVELS, NUMBERS, Facts, derive_facts
from archgen.advisor.precedents import is_acceptable
from archgen.advisor.scoring import Model, Verdict
from archgen.advisor.signing import defensible
from archgen.evidence.loader import load_evidence
from archgen.evidence.schema import Evidence, Precedent

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.fit_weights import (
    QUESTIONS,
    Fitting,
    best_chance,
    derive_case_facts,
    family,
    find_answer,
    held_out,
    threshold,
)

FAMILIES = ("monolith", "microservices", "serverless", "event_streaming")
BANDS = ((0.0, 0.5), (0.5, 0.65), (0.65, 0.8), (0.8, 0.9), (0.9, 1.01))
SIZES = (
    ("up to 5 engineers", 1, 5),
    ("6 to 20 engineers", 6, 20),
    ("more than 20 engineers", 21, 10**6),
)
ASKED = {
    "many": "parts deployed apart, where it runs on servers",
    "one": "no modules, where it is one deployable",
    "functions": "functions",
    "stream": "a stream",
}
MANY_ENGINEERS = 100  # of the rule of two fields
NOISE_DRAWS = 100
# were the points too bold or too timid, all chances would be better at one of these
SCALED = (0.7, 1.4)
# the least share that is good enough, on archgen's record and on a file
ACCEPTABLE, ACCEPTABLE_ELSEWHERE = (0.8, 0.75)
REJECTED = 2  # and how much advice the record may reject
Judged = list[tuple[Precedent, Verdict]]


@dataclass(frozen=True)
class Score:
    """Shares of cases: acceptable, of the family of the first choice; how many the
    record rejects; how good the chances are.

    `loss` is the mean negative logarithm of the chance of the first choice's family.
    `covered` is how often an accepted family is in the defensible set, `size` how many
    families that has.
    """

    cases: int
    acceptable: float
    first: float
    rejected: int
    loss: float | None = None
    covered: float | None = None
    size: float | None = None

    def __str__(self) -> str:
        return (
            f"acceptable {self.acceptable:4.0%}, first choice {self.first:4.0%}, "
            f"rejected by the record {self.rejected}, of {self.cases} cases"
        )

    def row(self, name: str) -> str:
        """A line of a table."""
        loss = "" if self.loss is None else f"{self.loss:.3f}"
        held = "" if self.covered is None else f"{self.covered:.0%}"
        size = "" if self.size is None else f"{self.size:.2f}"
        shares = f"{self.acceptable:.0%} | {self.first:.0%} | {self.rejected}"
        return f"| {name} | {shares} | {loss} | {held} | {size} | {self.cases} |"


HEAD = (
    "| what is scored | acceptable | first choice | rejected by the record | log loss | in the defensible set | its size | cases |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


def is_first(verdict: Verdict, case: Precedent) -> bool:
    wanted = family(case.outcome[0])
    unasked = verdict.event_streaming and not any(
        "event_streaming" in o for o in case.outcome
    )
    return not unasked and (
        family(verdict.architecture) == wanted
        or (verdict.event_streaming and wanted == FAMILIES[3])
    )


def compute_loss(chances: Mapping[str, float], case: Precedent) -> float | None:
    """The surprise at the record's first choice; none where it names no cut."""
    wanted = family(case.outcome[0])
    return None if wanted == FAMILIES[3] else -log(max(1e-6, chances[wanted]))


def score(
    judged: Iterable[tuple[Precedent, Verdict]],
    limits: Callable[[Precedent], float] | None = None,
) -> Score:
    """`limits` gives the chance from which a family is defensible, for each case."""
    pairs = list(judged)
    count = max(len(pairs), 1)
    losses = [
        loss for c, v in pairs if (loss := compute_loss(v.families, c)) is not None
    ]
    covered = size = None
    if limits is not None:
        sets = [
            (c, {family(name) for name in defensible(v, limits(c))}) for c, v in pairs
        ]
        accepted = [
            (held, {family(o) for o in c.outcome} - {FAMILIES[3]}) for c, held in sets
        ]
        covered = (
            sum(bool(held & wanted) or not wanted for held, wanted in accepted) / count
        )
        size = sum(len(held) for held, _ in accepted) / count
    return Score(
        len(pairs),
        sum(is_acceptable(v, c) for c, v in pairs) / count,
        sum(is_first(v, c) for c, v in pairs) / count,
        sum(v.architecture in c.rejected for c, v in pairs),
        sum(losses) / max(len(losses), 1),
        covered,
        size,
    )


def leave_out(judged: Judged) -> Callable[[Precedent], float]:
    """For each case the limit of the defensible set that the other organisations' cases
    give.
    """
    found: dict[str, float] = {}

    def limit(case: Precedent) -> float:
        if case.organisation not in found:
            found[case.organisation] = threshold(
                [p for p in judged if p[0].organisation != case.organisation]
            )
        return found[case.organisation]

    return limit


def leaf(case: Precedent) -> str:
    """What the rule of two fields says: peaks ask for functions, more than 100
    engineers for services, else a monolith.
    """
    if case.inputs["traffic_pattern"] in ("spiky", "rare"):
        return "serverless"
    return (
        "microservices"
        if float(case.inputs["team_size"]) > MANY_ENGINEERS
        else "monolith"
    )


def simple_rule(
    cases: Sequence[Precedent],
    said: Callable[[Precedent], str],
    record: Sequence[Precedent] | None = None,
) -> Score:
    """A rule that names a family; its chances are the frequencies of what the record
    did where the rule says the same.

    The record is archgen's where other cases are scored, and without it the cases of
    other organisations.
    """
    acceptable = first = rejected = 0
    losses = []
    for case in cases:
        answer = said(case)
        wanted = [
            family(outcome)
            for outcome in case.outcome
            if "event_streaming" not in outcome
        ]
        acceptable += answer in wanted
        first += answer == family(case.outcome[0])
        rejected += answer in case.rejected
        known = record or [c for c in cases if c.organisation != case.organisation]
        others = [c for c in known if said(c) == answer]
        seen = Counter(family(c.outcome[0]) for c in others)
        whole = sum(seen[f] for f in FAMILIES[:3]) + 3
        loss = compute_loss({f: (seen[f] + 1) / whole for f in FAMILIES[:3]}, case)
        losses += [] if loss is None else [loss]
    count = len(cases)
    return Score(
        count, acceptable / count, first / count, rejected, sum(losses) / len(losses)
    )


def facts_without(case: Precedent, evidence: Evidence, *left_out: str) -> Facts:
    """The facts as a user gets them who does not answer some questions."""
    from archgen.answers.sources import from_flags
    from archgen.pipeline import resolve

    given = {k: v for k, v in case.inputs.items() if k not in left_out}
    whole = {k: int(v) if k in ("team_size", "teams") else v for k, v in given.items()}
    said = {**whole, "needs": list(case.needs), "experience": list(case.experience)}
    return derive_facts(
        resolve([from_flags({"name": "case", **said})]).requirements, evidence
    )


def noisy(
    model: Model, facts: Facts, estimated: Iterable[str], seed: int
) -> list[Facts]:
    """Facts with what was estimated drawn around its estimate: rates by 0.3 to 3,
    people by 0.6 to 1.6, a level by one.
    """
    random = Random(seed)
    soft = set(estimated)
    found = []
    for drawn in perturbed(model, facts, NOISE_DRAWS, seed):
        for field in NUMBERS:
            if field in soft and field not in (
                "team_size",
                "teams",
                "traffic_rps_avg",
                "traffic_rps_peak",
            ):
                drawn[field] = drawn.number(field) * 3 ** random.uniform(-1, 1)
        for field, levels in LEVELS.items():
            if random.random() < 0.1 and field not in ("workload", "traffic_pattern"):
                at = levels.index(str(drawn[field])) + random.choice((-1, 1))
                drawn[field] = levels[min(max(at, 0), len(levels) - 1)]
        drawn.derive(model.engineers_per_team)
        found.append(drawn)
    return found


def confusion(judged: Iterable[tuple[Precedent, Verdict]]) -> Counter[tuple[str, str]]:
    """First choice of the record against advice, by family; a stream that is wanted and
    advised counts as one.
    """
    table: Counter[tuple[str, str]] = Counter()
    for case, verdict in judged:
        wanted = family(case.outcome[0])
        said = (
            FAMILIES[3]
            if verdict.event_streaming and wanted == FAMILIES[3]
            else family(verdict.architecture)
        )
        table[wanted, said] += 1
    return table


def reliability(
    judged: Iterable[tuple[Precedent, Verdict]],
) -> list[tuple[str, int, float, float]]:
    """The chance of the advised family in bands: how many cases, the mean, and how
    often the record accepts that family.
    """
    rows = []
    scored = [
        (v.families[v.family[0]], v.family[0] in {family(o) for o in c.outcome})
        for c, v in judged
        if any(family(o) != FAMILIES[3] for o in c.outcome)
    ]
    for low, high in BANDS:
        band = [(c, good) for c, good in scored if low <= c < high]
        if band:
            mean = sum(c for c, _ in band) / len(band)
            rows.append(
                (
                    f"{low:.0%} to {min(high, 1):.0%}",
                    len(band),
                    mean,
                    sum(g for _, g in band) / len(band),
                )
            )
    return rows


def by_decision(
    fitting: Fitting, judged: Judged
) -> list[tuple[str, int, float, float]]:
    """Each decision by itself: how many cases answer it, the loss of its chance, and
    that of the frequency elsewhere.
    """
    rows = []
    usual = {
        case.organisation: fitting.usual([case.organisation]) for case, _ in judged
    }
    for question, (decision, yes, no) in QUESTIONS.items():
        losses, base = [], []
        for case, verdict in judged:
            answer = find_answer(question, case)
            if answer is None:
                continue
            losses.append(binary_loss(verdict.odds(decision, yes, no), answer))
            base.append(binary_loss(usual[case.organisation][question], answer))
        rows.append(
            (
                ASKED[question],
                len(losses),
                sum(losses) / len(losses),
                sum(base) / len(base),
            )
        )
    return rows


def binary_loss(chance: float, answer: float) -> float:
    """The surprise at an answer between no and yes."""
    return -answer * log(max(1e-6, chance)) - (1 - answer) * log(max(1e-6, 1 - chance))


def read_cases(path: Path | None, evidence: Evidence) -> list[Precedent]:
    """The cases that may be scored, of a file or of archgen's own."""
    if path is None:
        return [case for case in evidence.precedents if case.scorable]
    import yaml

    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
    return [
        Precedent(
            id=row["id"],
            name=row["name"],
            year=row.get("year", 0),
            title="",
            url="",
            did="",
            why="",
            outcome=row["outcome"],
            rejected=row["rejected"],
            estimated=row.get("est", ()),
            scorable=True,
            inputs=row["inputs"],
            needs=row.get("needs") or (),
            experience=row.get("experience") or (),
            organisation=row["id"],
        )
        for row in rows
        if row["scorable"]
    ]


def slices(
    judged: Judged, limits: Callable[[Precedent], float]
) -> Iterable[tuple[str, Score]]:
    for name, low, high in SIZES:
        some = [
            (c, v) for c, v in judged if low <= float(c.inputs["team_size"]) <= high
        ]
        if some:
            yield name, score(some, limits)


def report(
    cases: list[Precedent],
    evidence: Evidence,
    say: Callable[[str], Any] = print,
    own: bool = True,
) -> Score:
    """Everything, as Markdown; the score over all cases with their needs is returned.
    `own`: archgen's record, held out.
    """
    fitting = Fitting(evidence, cases)
    model = Model(evidence)

    def judge(needs: bool) -> Judged:
        if own:
            return held_out(fitting, needs)
        return [
            (c, model.judge(derive_case_facts(c, fitting.each, needs))) for c in cases
        ]

    told, untold = judge(True), judge(False)
    shipped = evidence.weighing.defensible
    limits = leave_out(told + untold) if own else lambda case: shipped
    whole = score(told, limits)
    for line in HEAD:
        say(line)
    say(whole.row("with needs"))
    for name, found in slices(told, limits):
        say(found.row(f"with needs, {name}"))
    say(score(untold, limits).row("without needs"))
    for name, found in slices(untold, limits):
        say(found.row(f"without needs, {name}"))
    for left_out in (("teams",), ("scope",), ("teams", "scope")):
        pairs = [(c, model.judge(facts_without(c, evidence, *left_out))) for c in cases]
        say(
            score(pairs).row(
                f"with needs, without `{'` and `'.join(left_out)}`, weights as shipped"
            )
        )
    facts = {c.id: derive_case_facts(c, fitting.each) for c in cases}
    drawn = [
        (c, model.judge(f))
        for n, c in enumerate(cases)
        for f in noisy(model, facts[c.id], c.estimated, SEED + n)
    ]
    say(
        score(drawn).row(
            f"with needs and noise, {NOISE_DRAWS} draws a case, weights as shipped"
        )
    )
    for times in (1.0, *SCALED):
        prior = Model(evidence, dict.fromkeys((c.id for c in evidence.criteria), times))
        scaled = "the sources alone" if times == 1 else f"all points times {times:g}"
        say(
            score((c, prior.judge(facts[c.id])) for c in cases).row(
                f"with needs, nothing fitted: {scaled}"
            )
        )
    record = None if own else read_cases(None, evidence)
    say(simple_rule(cases, leaf, record).row("the rule of two fields"))
    say(
        simple_rule(cases, lambda case: "monolith", record).row(
            "always a monolith; the base rates"
        )
    )
    if own:
        say(
            f"\nThe fit spends {fitting.spent():.1f} free parameters; the prior holds the rest of {len(evidence.criteria)}."
        )
        say("\nEach decision by itself, log loss:\n")
        say("| decision | with needs | without needs | the base rates | cases |")
        say("| --- | --- | --- | --- | --- |")
        for one, other in zip(
            by_decision(fitting, told), by_decision(fitting, untold), strict=True
        ):
            name, count, loss, base = one
            say(f"| {name} | {loss:.3f} | {other[2]:.3f} | {base:.3f} | {count} |")
    for title, pairs in (("with needs", told), ("without needs", untold)):
        table = confusion(pairs)
        say(
            f"\nConfusion, {title}: rows are the record's first choice, columns the advice.\n"
        )
        say("| | " + " | ".join(f.replace("_", " ") for f in FAMILIES) + " |")
        say("| --- " * (len(FAMILIES) + 1) + "|")
        for wanted in FAMILIES:
            cells = " | ".join(str(table[wanted, said]) for said in FAMILIES)
            say(f"| {wanted.replace('_', ' ')} | {cells} |")
    for title, pairs in (("with needs", told), ("without needs", untold)):
        say(
            f"\nReliability, {title}: of the verdicts with a chance in this band, how many families the record accepts.\n"
        )
        say("| chance | cases | mean chance | accepted |")
        say("| --- | --- | --- | --- |")
        for band, count, mean, good in reliability(pairs):
            say(f"| {band} | {count} | {mean:.0%} | {good:.0%} |")
    misses = [
        (c, v)
        for c, v in told
        if not is_acceptable(v, c) or v.architecture in c.rejected
    ]
    if misses:
        say("\nMisses, with needs:\n")
    for case, verdict in misses:
        said = verdict.architecture + (
            "+event_streaming" if verdict.event_streaming else ""
        )
        chance = best_chance(case, verdict)
        say(
            f"- {case.name}: advised {said}, the record has {' or '.join(case.outcome)}, which was given {chance:.0%}"
        )
    return whole


def main(arguments: list[str]) -> int:
    evidence = load_evidence()
    path = Path(arguments[0]) if arguments else None
    found = report(read_cases(path, evidence), evidence, own=path is None)
    print(f"\n{found}")
    least = ACCEPTABLE if path is None else ACCEPTABLE_ELSEWHERE
    return 0 if found.acceptable >= least and found.rejected <= REJECTED else 5


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
