from __future__ import annotations

import re
from itertools import pairwise

import pytest
from pydantic import ValidationError
from tests.advisor.samples import MVP, PLATFORM, REALTIME, SOCIAL, requirements

from archgen.advisor import recommend
from archgen.advisor.facts import LEVELS, NUMBERS, SAID
from archgen.evidence.schema import CHOICES, Evidence, Rule

FACTS = {
    *LEVELS,
    *NUMBERS,
    *SAID,
    "burstiness",
    "autonomous_teams",
    "said_pattern",
    "event_flow",
}
ANSWERS = {
    **LEVELS,
    **SAID,
    "said_pattern": (*LEVELS["traffic_pattern"], "unsaid"),
    "event_flow": ("no", "yes"),
}
DECIDED = {
    *CHOICES,
    "architecture",
    "template",
    "advised",
    "asked",
    "database",
    "deployment",
    "fits_one_machine",
    "shards",
    "up_as_asked",
    "services_without_owner",
}


def test_every_entry_has_a_source_with_a_date_and_says_what_it_takes_from_it(
    evidence: Evidence,
) -> None:
    for entry in evidence.entries():
        source = evidence.sources[entry.source]
        assert source.title, entry
        assert source.url, entry
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", source.date), source
        assert len(entry.note) >= 8, entry


def test_no_source_lies_unused(evidence: Evidence) -> None:
    assert {e.source for e in evidence.entries()} == set(evidence.sources)


def test_an_entry_whose_source_is_missing_is_refused(evidence: Evidence) -> None:
    document = evidence.model_dump()
    document["criteria"][0]["source"] = "hearsay"
    with pytest.raises(ValidationError, match="no such source: hearsay"):
        Evidence.model_validate(document)


def test_criteria_and_gates_ask_only_for_facts_that_there_are(
    evidence: Evidence,
) -> None:
    for criterion in evidence.criteria:
        assert criterion.kind == "constant" or criterion.field in FACTS, criterion.id
        if criterion.kind == "levels":
            assert set(criterion.levels) == set(ANSWERS[criterion.field or ""]), (
                criterion.id
            )
    for gate in evidence.gates:
        assert gate.choice in CHOICES[gate.decision]
        assert {c.field for c in gate.when} <= FACTS, gate.id


def test_rules_ask_only_for_facts_and_for_what_was_decided(evidence: Evidence) -> None:
    rules: list[Rule] = [
        *evidence.options,
        *evidence.risks,
        *evidence.steps,
        *evidence.signing,
    ]
    for rule in rules:
        assert {c.field for c in rule.when} <= FACTS | DECIDED, rule


def test_a_level_that_a_condition_compares_with_exists(evidence: Evidence) -> None:
    rules: list[Rule] = [
        *evidence.criteria,
        *evidence.gates,
        *evidence.options,
        *evidence.risks,
        *evidence.steps,
    ]
    rules += evidence.signing
    for rule in rules:
        for condition in rule.when:
            if condition.field in ANSWERS:
                assert condition.value in ANSWERS[condition.field], rule


def test_each_topic_of_the_stack_ends_with_a_choice_that_always_holds(
    evidence: Evidence,
) -> None:
    last = {option.topic: option for option in evidence.options}
    assert {
        "database",
        "cache",
        "api",
        "auth",
        "broker",
        "gateway",
        "sharding",
        "observability",
    } <= set(last)
    assert all(option.when == () for option in last.values())


def test_no_ramp_is_so_steep_that_a_little_more_decides(evidence: Evidence) -> None:
    from math import log

    for criterion in evidence.criteria:
        weight = evidence.weights.get(criterion.id, 1.0)
        for (x0, y0), (x1, y1) in pairwise(zip(criterion.x, criterion.y, strict=True)):
            assert abs(weight * (y1 - y0) / log(x1 / x0)) <= 3.6, criterion.id


def test_there_is_something_to_sign_in_every_case(evidence: Evidence) -> None:
    for answers in ({}, PLATFORM, SOCIAL, MVP, REALTIME):
        advice = recommend(requirements(**answers), evidence)
        assert advice.recovery and advice.skills and advice.way_on, answers
        assert 1 <= advice.look_again.month <= 12
        for considered in advice.considered:
            assert (
                considered.year.total > 0
                and considered.year.people_high > considered.year.people_low
            )
