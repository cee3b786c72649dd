"""What the chances are worth: continuous, monotone, of no single case, and better than
simpler rules on cases they did not see.
"""

from __future__ import annotations

from typing import Any

import pytest
from bench.fit_weights import (
    COVERAGE,
    Fitting,
    derive_case_facts,
    held_out,
    weights_file,
)
from bench.score_cases import by_decision, leaf, leave_out, score, simple_rule
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.advisor.samples import (
    MVP,
    PLATFORM,
    REALTIME,
    SOCIAL,
    any_requirements,
    requirements,
)

from archgen.advisor import recommend
from archgen.advisor.facts import NUMBERS, derive_facts
from archgen.advisor.needs import EXPERIENCE, NEEDS
from archgen.advisor.question import best_question, information
from archgen.advisor.scoring import Model, Verdict
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_flags
from archgen.evidence.loader import FOLDER, load_evidence
from archgen.evidence.schema import Criterion
from archgen.requirements import Assumption, Requirements

EVIDENCE = load_evidence()
MODEL = Model(EVIDENCE)
CASES = [case for case in EVIDENCE.precedents if case.scorable]
FITTING = Fitting(EVIDENCE, CASES)
LITTLE, MOST = 1.05, 0.05


def with_needs() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "needs": st.lists(st.sampled_from(list(NEEDS)), unique=True).map(tuple),
            "experience": st.lists(st.sampled_from(list(EXPERIENCE)), unique=True).map(
                tuple
            ),
        }
    )


def chances(asked: Requirements) -> dict[str, float]:
    return chances_of(MODEL.judge(derive_facts(asked, EVIDENCE)))


def chances_of(found: Verdict) -> dict[str, float]:
    each = {str(name): chance for name, chance in found.probabilities.items()}
    return each | {"event_streaming": found.chances["dataflow"]["stream"]}


def furthest(one: dict[str, float], other: dict[str, float]) -> float:
    return max(abs(one[name] - other[name]) for name in one)


@settings(max_examples=300)
@given(any_requirements(), with_needs(), st.sampled_from(NUMBERS))
def test_five_percent_more_of_anything_moves_no_chance_by_more_than_five_points(
    asked: Requirements, known: dict[str, Any], field: str
) -> None:
    asked = asked.model_copy(update=known)
    whole = field in ("team_size", "teams")
    before = getattr(asked, field)
    more = int(before * LITTLE) if whole else before * LITTLE
    changed = asked.model_copy(update={field: more})
    assert furthest(chances(asked), chances(changed)) <= MOST


@settings(max_examples=300)
@given(
    any_requirements(),
    with_needs(),
    st.sampled_from(NUMBERS),
    st.floats(1, 40),
    st.floats(1, 5),
)
def test_nor_where_teams_and_engineers_are_counted_in_fractions(
    asked: Requirements,
    known: dict[str, Any],
    field: str,
    engineers: float,
    teams: float,
) -> None:
    facts = derive_facts(asked.model_copy(update=known), EVIDENCE)
    before = MODEL.but(facts, team_size=engineers, teams=min(teams, engineers))
    after = MODEL.but(before, **{field: before.number(field) * LITTLE})
    assert (
        furthest(chances_of(MODEL.judge(before)), chances_of(MODEL.judge(after)))
        <= MOST
    )


@pytest.mark.parametrize(
    "workload", ["crud", "ecommerce", "realtime_stream", "iot", "batch"]
)
def test_nor_anywhere_between_hardly_a_request_and_very_many(workload: str) -> None:
    rate, before = 0.002, None
    while rate < 1e5:
        now = chances(
            resolve(
                [from_flags({"workload": workload, "traffic_rps_avg": rate})]
            ).requirements
        )
        assert before is None or furthest(before, now) <= MOST, rate
        rate, before = rate * LITTLE, now


def test_a_criterion_that_asks_for_a_bound_of_a_number_is_refused() -> None:
    smooth = next(criterion for criterion in EVIDENCE.criteria if criterion.fade)
    stepped = {
        **smooth.model_dump(),
        "when": [{"field": "autonomous_teams", "op": "<", "value": 2.0}],
    }
    with pytest.raises(
        ValidationError, match="a bound of a number would be a step in the points"
    ):
        Criterion.model_validate(stepped)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        ["crud", "ecommerce", "social", "realtime_stream", "iot", "batch", "ml", "api"]
    ),
    st.integers(20, 200),
    st.floats(0.002, 1e5),
    st.sampled_from(["team_size", "traffic_rps_avg", "traffic_rps_peak"]),
    st.booleans(),
)
def test_nor_where_the_rest_is_inferred_from_it(
    workload: str, size: int, rate: float, field: str, only_people: bool
) -> None:
    answers: dict[str, Any] = {"workload": workload, "team_size": size}
    if field == "traffic_rps_peak":
        answers |= {"traffic_rps_avg": rate, "traffic_rps_peak": rate * 5}
    elif field == "traffic_rps_avg" or not only_people:
        answers |= {"traffic_rps_avg": rate}
    more = (
        int(answers[field] * LITTLE)
        if field == "team_size"
        else answers[field] * LITTLE
    )
    one, other = (
        resolve([from_flags(a)]).requirements
        for a in (answers, {**answers, field: more})
    )
    assert furthest(chances(one), chances(other)) <= MOST


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_no_single_decision_moves_the_chance_of_another_by_more_than_ten_points(
    case: Any,
) -> None:
    fitting = Fitting(EVIDENCE, [other for other in CASES if other.id != case.id])
    without = fitting.model()
    for other in CASES:
        facts = derive_case_facts(other, MODEL.engineers_per_team)
        here, there = (
            MODEL.judge(facts).probabilities,
            without.judge(facts).probabilities,
        )
        assert all(abs(here[name] - there[name]) <= 0.1 for name in here), other.id


def test_names_decide_nothing() -> None:
    ids = [case.id for case in CASES]
    renamed = [
        case.model_copy(
            update={
                "id": other,
                "name": other,
                "organisation": f"of {case.organisation}",
            }
        )
        for case, other in zip(CASES, reversed(ids), strict=True)
    ]
    evidence = EVIDENCE.model_copy(update={"precedents": tuple(renamed)})
    assert Fitting(evidence, renamed).fit() == FITTING.fit()


def test_the_weights_are_those_that_the_record_gives() -> None:
    assert weights_file(FITTING) == (FOLDER / "weights.toml").read_text(
        encoding="utf-8"
    )
    assert all(weight >= 0 for weight in EVIDENCE.weights.values())


def test_on_decisions_that_it_did_not_see_it_beats_the_rule_of_two_fields_and_the_base_rates() -> (
    None
):
    told, untold = held_out(FITTING, needs=True), held_out(FITTING, needs=False)
    limits = leave_out(told + untold)
    found, blind = score(told, limits), score(untold, limits)
    rule, base = simple_rule(CASES, leaf), simple_rule(CASES, lambda case: "monolith")
    assert found.cases == 63
    assert found.acceptable >= 0.8
    assert found.rejected <= 2
    assert (
        found.loss is not None
        and rule.loss is not None
        and base.loss is not None
        and blind.loss is not None
    )
    assert found.loss <= 0.85 * min(rule.loss, base.loss)
    assert blind.loss <= 0.85 * rule.loss
    assert min(found.acceptable, blind.acceptable) > max(
        rule.acceptable, base.acceptable
    )
    assert found.covered is not None and found.covered >= COVERAGE
    assert found.size is not None and found.size <= 1.6


@pytest.mark.parametrize("needs", [True, False])
def test_each_decision_by_itself_is_told_better_than_by_how_often_it_was_taken_elsewhere(
    needs: bool,
) -> None:
    for decision, cases, loss, base in by_decision(FITTING, held_out(FITTING, needs)):
        assert cases > 30 and loss < base, decision


@settings(max_examples=60)
@given(any_requirements(), with_needs())
def test_chances_add_up_and_the_defensible_begin_with_the_verdict(
    asked: Requirements, known: dict[str, Any]
) -> None:
    advice = recommend(asked.model_copy(update=known), EVIDENCE)
    assert sum(advice.probabilities.values()) == pytest.approx(1, abs=0.003)
    for decision in (
        advice.decisions.partition,
        advice.decisions.runtime,
        advice.decisions.dataflow,
    ):
        assert sum(decision.probabilities.values()) == pytest.approx(1, abs=0.003)
    assert advice.defensible[0] == advice.architecture
    assert len(set(advice.defensible)) == len(advice.defensible)
    assert {c.architecture for c in advice.considered if c.defensible} == set(
        advice.defensible
    )
    assert [c.probability for c in advice.considered] == sorted(
        (c.probability for c in advice.considered), reverse=True
    )


@pytest.mark.parametrize(
    ("need", "architecture", "sign"),
    [
        ("separate_release", "microservices", 1),
        ("isolation", "microservices", 1),
        ("outside_builders", "microservices", 1),
        ("nobody_operates", "serverless", 1),
        ("often_idle", "serverless", 1),
        ("sudden_peaks", "serverless", 1),
        ("self_hosted", "serverless", -1),
        ("own_hardware", "serverless", -1),
        ("live_connections", "serverless", -1),
        ("long_work", "serverless", -1),
        ("replay", "event_streaming", 1),
        ("fan_out", "event_streaming", 1),
    ],
)
@settings(max_examples=25)
@given(asked=any_requirements(), known=with_needs())
def test_a_need_speaks_the_same_way_whatever_else_holds(
    need: str, architecture: str, sign: int, asked: Requirements, known: dict[str, Any]
) -> None:
    others = tuple(n for n in known["needs"] if n != need)
    without = asked.model_copy(update={**known, "needs": others})
    having = asked.model_copy(update={**known, "needs": (*others, need)})
    decision = "many" if architecture == "microservices" else None
    if decision:
        before, after = (
            MODEL.judge(derive_facts(r, EVIDENCE)).chances["partition"]["many"]
            for r in (without, having)
        )
    else:
        before, after = chances(without)[architecture], chances(having)[architecture]
    assert sign * (after - before) >= -1e-12


def test_far_away_users_are_no_cold_starts() -> None:
    tight = {**SOCIAL, "latency_ms_target": 100.0}
    near, far = (
        chances(requirements(**tight, needs=needs))["serverless"]
        for needs in ((), ("global_reach",))
    )
    assert far > near + 0.2


def test_a_queue_takes_back_what_relations_cost_functions() -> None:
    answers = {**SOCIAL, "relational_needs": "high"}
    without, queued = (
        chances(requirements(**answers, needs=n))["serverless"]
        for n in ((), ("absorb_bursts",))
    )
    assert queued > without + 0.1


def test_the_organisation_outvotes_the_size_of_its_data() -> None:
    large = {
        "scope": "platform",
        "team_size": 400,
        "teams": 80,
        "data_gb": 50_000.0,
        "ops_maturity": "high",
    }
    assert (
        chances(requirements(**large, independent_scaling_need="medium"))[
            "microservices"
        ]
        > 0.5
    )


def test_one_team_is_unlikely_to_need_services_and_not_barred_from_them() -> None:
    assert 0 < chances(requirements())["microservices"] < 0.1
    release = requirements(
        needs=("separate_release", "isolation", "hot_part"),
        independent_scaling_need="high",
    )
    assert (
        chances(release)["microservices"]
        > chances(requirements())["microservices"] + 0.2
    )


def test_a_tie_is_said_with_what_would_break_it() -> None:
    tied = next(
        advice
        for size in range(20, 60)
        if (
            advice := recommend(
                requirements(
                    **{
                        **PLATFORM,
                        "team_size": size,
                        "teams": max(2, size // 9),
                        "independent_scaling_need": "medium",
                    }
                ),
                EVIDENCE,
            )
        ).tie
    )
    first, second = (c.probability for c in tied.considered[:2])
    assert first - second < EVIDENCE.weighing.tie
    assert tied.tie is not None and "as good as tied; what would break it: " in tied.tie
    assert recommend(requirements(**MVP), EVIDENCE).tie is None


def test_the_question_that_is_proposed_tells_most_and_is_open() -> None:
    asked = requirements(**SOCIAL)
    facts = derive_facts(asked, EVIDENCE)
    verdict = MODEL.judge(facts)
    question = best_question(MODEL, facts, verdict, ())
    assert (
        question is not None
        and question.value in {*NEEDS, *EXPERIENCE}
        and question.asks.endswith("?")
    )
    known = (
        requirements(**SOCIAL, needs=(question.value,))
        if question.field == "needs"
        else asked
    )
    if known is not asked:
        after = best_question(
            MODEL,
            derive_facts(known, EVIDENCE),
            MODEL.judge(derive_facts(known, EVIDENCE)),
            (),
        )
        assert after is None or after.value != question.value
    answers = [("no", 0.5, verdict), ("yes", 0.5, verdict)]
    assert information(answers) == pytest.approx(0)


def test_reasons_say_whether_they_rest_on_an_answer_and_what_was_not_asked_is_named() -> (
    None
):
    assumed = (Assumption(field="relational_needs", value="high", because="usual"),)
    advice = recommend(requirements(assumed=assumed, needs=("self_hosted",)), EVIDENCE)
    basis = {reason.criterion: reason.basis for reason in advice.reasons}
    assert basis["relational_access"] == "assumed"
    assert basis["customers_run_it"] == "said"
    assert basis["servers_default"] == "always"
    assert "self_hosted" not in advice.not_asked
    assert {"replay", "kubernetes"} <= set(advice.not_asked)


def test_what_speaks_for_an_alternative_is_what_decides_between_it_and_the_verdict() -> (
    None
):
    advice = recommend(requirements(**PLATFORM), EVIDENCE)
    by_name = {c.architecture: c for c in advice.considered}
    assert (
        by_name["modular_monolith"].speaks_for
        == "What is one transaction today becomes a saga between services"
    )
    assert (
        by_name["microservices"].speaks_for
        == "Parts whose load or resources differ tenfold are cheaper to scale apart"
    )
    assert "connections a burst of functions exhausts" in str(
        by_name["serverless"].speaks_against
    )


def test_what_a_team_has_run_decides_who_must_be_named_before_it_signs() -> None:
    def named(**known: Any) -> set[str]:
        return {
            skill.title for skill in recommend(requirements(**known), EVIDENCE).skills
        }

    unknown = named(**PLATFORM)
    assert {
        "whoever has run servers before",
        "whoever has run containers before",
    } <= unknown
    assert not any(
        "has run" in title for title in named(**PLATFORM, experience=("containers",))
    )
    assert "whoever has run functions before" in named(**SOCIAL)
    assert "whoever has run functions before" not in named(
        **SOCIAL, experience=("functions",)
    )
    assert "whoever has run a log before" in named(**REALTIME)
    assert "whoever has run a log before" not in named(
        **REALTIME, experience=("streams",)
    )
