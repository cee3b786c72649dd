"""How good the advice is on documented decisions: accuracy, confusion, noise, slices, and what its confidence is worth.

usage: python bench/score_cases.py [CASES.yaml]

Without a file the decisions that archgen ships with are scored. The figures of docs/advisor.md are its output.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from archgen.advisor.confidence import SEED, confidence, perturbed
from archgen.advisor.facts import LEVELS, NUMBERS, Facts, facts_of
from archgen.advisor.precedents import is_acceptable
from archgen.advisor.scoring import Model, Verdict
from archgen.evidence import Evidence, Precedent, load_evidence

FAMILIES = ("monolith", "microservices", "serverless", "event_streaming")
BANDS = ((0.0, 0.5), (0.5, 0.65), (0.65, 0.8), (0.8, 1.01))
NOISE_DRAWS = 100


def family(outcome: str) -> str:
    """The family of an outcome: X+event_streaming belongs to X."""
    name = outcome.split("+")[0]
    return "monolith" if name == "modular_monolith" else name


@dataclass(frozen=True)
class Score:
    """Shares of cases: acceptable, of the family of the first choice; and how many the record rejects."""

    cases: int
    acceptable: float
    first: float
    rejected: int

    def __str__(self) -> str:
        return (
            f"acceptable {self.acceptable:4.0%}, first choice {self.first:4.0%}, "
            f"rejected by the record {self.rejected}, of {self.cases} cases"
        )


def is_first(verdict: Verdict, case: Precedent) -> bool:
    wanted = family(case.outcome[0])
    unasked = verdict.event_streaming and not any("event_streaming" in o for o in case.outcome)
    return not unasked and (
        family(verdict.architecture) == wanted or (verdict.event_streaming and wanted == FAMILIES[3])
    )


def score(judged: Iterable[tuple[Precedent, Verdict]]) -> Score:
    pairs = list(judged)
    count = max(len(pairs), 1)
    return Score(
        len(pairs),
        sum(is_acceptable(v, c) for c, v in pairs) / count,
        sum(is_first(v, c) for c, v in pairs) / count,
        sum(v.architecture in c.rejected for c, v in pairs),
    )


def facts_without(case: Precedent, evidence: Evidence, *left_out: str) -> Facts:
    """The facts as a user gets them who does not answer some questions."""
    from archgen.intake import from_flags, intake

    given = {k: v for k, v in case.inputs.items() if k not in left_out}
    whole = {k: int(v) if k in ("team_size", "teams") else v for k, v in given.items()}
    return facts_of(intake([from_flags({"name": "case", **whole})]).requirements, evidence)


def noisy(model: Model, facts: Facts, estimated: Iterable[str], seed: int) -> list[Facts]:
    """Facts with what was estimated drawn around its estimate: rates by 0.3 to 3, people by 0.6 to 1.6, a level by one."""
    random = Random(seed)
    soft = set(estimated)
    found = []
    for drawn in perturbed(model, facts, (), draws=NOISE_DRAWS, seed=seed):
        for field in NUMBERS:
            if field in soft and field not in ("team_size", "teams", "traffic_rps_avg", "traffic_rps_peak"):
                drawn[field] = drawn.number(field) * 3 ** random.uniform(-1, 1)
        for field, levels in LEVELS.items():
            if random.random() < 0.1 and field not in ("workload", "traffic_pattern"):
                at = levels.index(str(drawn[field])) + random.choice((-1, 1))
                drawn[field] = levels[min(max(at, 0), len(levels) - 1)]
        drawn.derive(model.engineers_per_team)
        found.append(drawn)
    return found


def confusion(judged: Iterable[tuple[Precedent, Verdict]]) -> Counter[tuple[str, str]]:
    """First choice of the record against advice, by family; a stream that is wanted and advised counts as one."""
    table: Counter[tuple[str, str]] = Counter()
    for case, verdict in judged:
        wanted = family(case.outcome[0])
        said = FAMILIES[3] if verdict.event_streaming and wanted == FAMILIES[3] else family(verdict.architecture)
        table[wanted, said] += 1
    return table


def reliability(
    model: Model, cases: list[Precedent], facts: Mapping[str, Facts]
) -> list[tuple[str, int, float, float]]:
    """Confidence in bands: how many cases, the mean confidence, and the share that was acceptable."""
    rows = []
    scored = []
    for case in cases:
        verdict = model.judge(facts[case.id])
        scored.append((confidence(model, facts[case.id], verdict, ()).verdict, is_acceptable(verdict, case)))
    for low, high in BANDS:
        band = [(c, good) for c, good in scored if low <= c < high]
        if band:
            mean = sum(c for c, _ in band) / len(band)
            rows.append((f"{low:.0%} to {min(high, 1):.0%}", len(band), mean, sum(g for _, g in band) / len(band)))
    return rows


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
        )
        for row in rows
        if row["scorable"]
    ]


def report(cases: list[Precedent], evidence: Evidence, say: Callable[[str], Any] = print) -> Score:
    """Everything, as Markdown; the score over all cases is returned."""
    model = Model(evidence)
    each = model.engineers_per_team
    facts: dict[str, Facts] = {}
    for case in cases:
        facts[case.id] = Facts({k: v if isinstance(v, str) else float(v) for k, v in case.inputs.items()})
        facts[case.id].derive(each)
    judged = [(case, model.judge(facts[case.id])) for case in cases]
    small = [(c, v) for c, v in judged if facts[c.id].number("team_size") <= evidence.parameter("small_team")]
    whole = score(judged)
    say("| what is scored | acceptable | first choice | rejected by the record | cases |")
    say("| --- | --- | --- | --- | --- |")
    rows: list[tuple[str, Score]] = [("all", whole), ("20 engineers or fewer", score(small))]
    rows.append(("more than 20 engineers", score(p for p in judged if p not in small)))
    for left_out in ("teams", "scope"):
        pairs = [(c, model.judge(facts_without(c, evidence, left_out))) for c in cases]
        rows.append((f"without `{left_out}`", score(pairs)))
    both = [(c, model.judge(facts_without(c, evidence, "teams", "scope"))) for c in cases]
    rows.append(("without either", score(both)))
    drawn = [(c, model.judge(f)) for n, c in enumerate(cases) for f in noisy(model, facts[c.id], c.estimated, SEED + n)]
    rows.append((f"with noise, {NOISE_DRAWS} draws a case", score(drawn)))
    rows.append(("always a monolith", score((c, _always(v)) for c, v in judged)))
    for name, found in rows:
        say(f"| {name} | {found.acceptable:.0%} | {found.first:.0%} | {found.rejected} | {found.cases} |")
    for title, pairs in (("as given", judged), ("with noise", drawn)):
        table = confusion(pairs)
        say(f"\nConfusion, {title}: rows are the record's first choice, columns the advice.\n")
        say("| | " + " | ".join(f.replace("_", " ") for f in FAMILIES) + " |")
        say("| --- " * (len(FAMILIES) + 1) + "|")
        for wanted in FAMILIES:
            cells = " | ".join(str(table[wanted, said]) for said in FAMILIES)
            say(f"| {wanted.replace('_', ' ')} | {cells} |")
    say("\nReliability: of the verdicts with a confidence in this band, how many were acceptable.\n")
    say("| confidence | cases | mean confidence | acceptable |")
    say("| --- | --- | --- | --- |")
    for band, count, mean, good in reliability(model, cases, facts):
        say(f"| {band} | {count} | {mean:.0%} | {good:.0%} |")
    misses = [(c, v) for c, v in judged if not is_acceptable(v, c) or v.architecture in c.rejected]
    if misses:
        say("\nMisses:\n")
    for case, verdict in misses:
        said = verdict.architecture + ("+event_streaming" if verdict.event_streaming else "")
        say(f"- {case.name}: advised {said}, the record has {' or '.join(case.outcome)}")
    return whole


def _always(verdict: Verdict) -> Verdict:
    choices = {"partition": "few", "runtime": "servers", "dataflow": "calls"}
    return Verdict(choices, verdict.scores, verdict.gates)


def main(arguments: list[str]) -> int:
    evidence = load_evidence()
    found = report(read_cases(Path(arguments[0]) if arguments else None, evidence), evidence)
    print(f"\n{found}")
    return 0 if found.acceptable >= 0.9 and found.first >= 0.75 and found.rejected == 0 else 5


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
