from __future__ import annotations

import json
import re
from math import log
from pathlib import Path

from bench.score_cases import FAMILIES, confusion, read_cases, report
from bench.write_figures import PAGE, figures, with_figures
from hypothesis import given, settings
from tests.advisor.samples import SOCIAL, any_requirements, requirements

from archgen.advisor import recommend
from archgen.advisor.facts import LEVELS, NUMBERS, derive_facts
from archgen.advisor.needs import EXPERIENCE, NEEDS
from archgen.advisor.precedents import derive_precedent_facts, distance, is_acceptable
from archgen.advisor.scoring import Model
from archgen.evidence.loader import load_evidence
from archgen.evidence.schema import Evidence
from archgen.requirements import Requirements

EVIDENCE = load_evidence()


def test_each_precedent_says_what_was_done_why_and_where_to_read_it() -> None:
    for p in EVIDENCE.precedents:
        assert re.match(r"https?://\S+$", p.url), p.id
        assert len(p.did) > 20, p.id
        assert len(p.why) > 20, p.id
        assert p.outcome, p.id
        assert set(p.inputs) == {*LEVELS, *NUMBERS}, p.id
        assert set(p.needs) <= set(NEEDS) and set(p.experience) <= set(EXPERIENCE), p.id
        assert p.organisation, p.id
        for field, levels in LEVELS.items():
            assert p.inputs[field] in levels, p.id


@settings(max_examples=40)
@given(any_requirements(), any_requirements())
def test_a_distance_is_symmetric_and_between_nothing_and_one(
    a: Requirements, b: Requirements
) -> None:
    one, other = derive_facts(a, EVIDENCE), derive_facts(b, EVIDENCE)
    assert distance(one, one) == 0
    assert 0 <= distance(one, other) <= 1
    assert abs(distance(one, other) - distance(other, one)) < 1e-12


@settings(max_examples=40)
@given(any_requirements())
def test_the_nearest_come_first_and_both_sides_are_heard(asked: Requirements) -> None:
    notes = recommend(asked, EVIDENCE).precedents
    distances = [note.distance for note in notes]
    assert distances == sorted(distances)
    assert 3 <= len(notes) <= 4
    assert {note.agrees for note in notes} == {True, False} or len(notes) == 3


def test_a_precedent_in_its_own_circumstances_is_the_nearest() -> None:
    for p in EVIDENCE.precedents:
        asked = requirements(**p.inputs, needs=p.needs, experience=p.experience)
        assert recommend(asked, EVIDENCE).precedents[0].name == p.name


def test_precedents_do_not_vote(evidence: Evidence) -> None:
    without = evidence.model_copy(update={"precedents": ()})
    with_them, alone = (
        recommend(requirements(**SOCIAL), e) for e in (evidence, without)
    )
    assert (with_them.architecture, with_them.confidence) == (
        alone.architecture,
        alone.confidence,
    )
    assert alone.precedents == ()


def test_the_figures_say_everything_that_is_asked_of_them() -> None:
    said: list[str] = []
    found = report(read_cases(None, EVIDENCE), EVIDENCE, said.append)
    assert found.cases == 63
    text = "\n".join(said)
    for part in (
        "up to 5 engineers",
        "6 to 20",
        "more than 20",
        "without `teams`",
        "noise",
        "Reliability",
        "Misses",
    ):
        assert part in text
    for rule in ("the rule of two fields", "the base rates", "nothing fitted"):
        assert rule in text


def test_the_confusion_counts_every_case_once() -> None:
    model = Model(EVIDENCE)
    cases = read_cases(None, EVIDENCE)
    judged = [
        (c, model.judge(derive_precedent_facts(c, model.engineers_per_team)))
        for c in cases
    ]
    table = confusion(judged)
    assert sum(table.values()) == len(cases)
    assert sum(table[f, f] for f in FAMILIES) >= 0.75 * len(cases)
    assert sum(is_acceptable(v, c) for c, v in judged) >= 0.8 * len(cases)


def test_the_documentation_has_the_figures_that_are_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_figures(page, figures()) == page
    assert f"There are {len(EVIDENCE.criteria)} of them" in page


def test_decisions_of_a_file_are_scored_beside_rules_that_know_the_record_alone(
    tmp_path: Path,
) -> None:
    case = next(
        p for p in EVIDENCE.precedents if p.scorable and p.outcome[0] == "serverless"
    )
    row = case.model_dump(
        include={
            "id",
            "name",
            "inputs",
            "needs",
            "experience",
            "outcome",
            "rejected",
            "scorable",
        }
    )
    file = tmp_path / "cases.yaml"
    file.write_text(
        json.dumps({"cases": [row, {**row, "id": "other", "scorable": False}]})
    )
    said: list[str] = []
    cases = read_cases(file, EVIDENCE)
    report(cases, EVIDENCE, said.append, own=False)
    assert [found.inputs for found in cases] == [case.inputs]
    rules = [line for line in said if line.startswith(("| the rule", "| always"))]
    losses = [float(line.split("|")[5]) for line in rules]
    assert len(losses) == 2 and all(
        abs(loss - log(3)) > 0.01 for loss in losses
    )  # they know more than nothing
