from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.advisor.samples import (
    MVP,
    PLATFORM,
    REALTIME,
    SOCIAL,
    any_requirements,
    requirements,
)

from archgen.advisor import recommend
from archgen.advisor.facts import derive_facts
from archgen.advisor.recommendation import TEMPLATE_OF
from archgen.advisor.scoring import PARTITION_NAMES, Model
from archgen.evidence.loader import load_evidence
from archgen.evidence.schema import Evidence
from archgen.requirements import Assumption, Requirements

EVIDENCE = load_evidence()
MODEL = Model(EVIDENCE)


def verdict(asked: Requirements) -> tuple[str, bool]:
    return MODEL.judge(derive_facts(asked, EVIDENCE)).name


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (PLATFORM, ("microservices", False)),
        (SOCIAL, ("serverless", False)),
        (MVP, ("monolith", False)),
    ],
)
def test_the_use_cases_get_their_architecture(
    answers: dict[str, Any], expected: tuple[str, bool]
) -> None:
    assert verdict(requirements(**answers)) == expected


def test_real_time_data_processing_gets_a_stream_and_a_broker(
    evidence: Evidence,
) -> None:
    advice = recommend(requirements(**REALTIME), evidence)
    assert advice.event_streaming
    assert advice.stack["broker"].choice == "kafka"


def test_a_small_first_version_runs_on_one_machine(evidence: Evidence) -> None:
    advice = recommend(requirements(**MVP), evidence)
    assert advice.stack["deployment"].choice == "one_machine"
    assert advice.stack["cache"].choice == "none"


@given(any_requirements(teams=1))
def test_one_team_never_gets_services(asked: Requirements) -> None:
    assert verdict(asked)[0] != "microservices"


@given(any_requirements(teams=1), st.floats(0.01, 999))
def test_one_team_with_little_traffic_never_gets_a_broker(
    asked: Requirements, rate: float
) -> None:
    asked = asked.model_copy(
        update={"traffic_rps_avg": rate, "traffic_rps_peak": rate * 2}
    )
    assert not verdict(asked)[1]


@given(any_requirements(traffic_pattern="steady"), st.sampled_from(["medium", "high"]))
def test_steady_relational_work_never_gets_functions(
    asked: Requirements, relational: str
) -> None:
    assert (
        verdict(asked.model_copy(update={"relational_needs": relational}))[0]
        != "serverless"
    )


@given(any_requirements(), st.floats(1, 60))
def test_what_must_answer_in_tens_of_milliseconds_never_gets_functions(
    asked: Requirements, target: float
) -> None:
    assert (
        verdict(asked.model_copy(update={"latency_ms_target": target}))[0]
        != "serverless"
    )


@given(any_requirements(ops_maturity="low"))
def test_low_ops_maturity_never_gets_services(asked: Requirements) -> None:
    assert verdict(asked)[0] != "microservices"


@given(any_requirements(), st.integers(1, 400))
def test_more_autonomous_teams_never_make_services_less_likely(
    asked: Requirements, more: int
) -> None:
    if verdict(asked)[0] == "microservices":
        assert (
            verdict(asked.model_copy(update={"teams": asked.teams + more}))[0]
            == "microservices"
        )


@settings(max_examples=40)
@given(
    any_requirements(independent_scaling_need="high", scope="platform"),
    st.integers(1, 40),
)
def test_more_autonomous_teams_never_make_services_less_certain(
    asked: Requirements, more: int
) -> None:
    def share(r: Requirements) -> float:
        decision = recommend(r, EVIDENCE).decisions.partition
        return (
            decision.confidence if decision.choice == "many" else -decision.confidence
        )

    assert share(asked.model_copy(update={"teams": asked.teams + more})) >= share(asked)


@given(any_requirements(), st.floats(1, 100))
def test_a_tighter_latency_target_never_makes_functions_more_likely(
    asked: Requirements, times: float
) -> None:
    loose = asked.model_copy(
        update={"latency_ms_target": min(asked.latency_ms_target, 9e5)}
    )
    tight = loose.model_copy(
        update={"latency_ms_target": loose.latency_ms_target / times}
    )
    assert verdict(loose)[0] == "serverless" or verdict(tight)[0] != "serverless"


@given(any_requirements())
def test_higher_relational_needs_never_make_functions_more_likely(
    asked: Requirements,
) -> None:
    said = [
        verdict(asked.model_copy(update={"relational_needs": level}))[0]
        for level in ("low", "medium", "high")
    ]
    is_functions = [name == "serverless" for name in said]
    assert is_functions == sorted(is_functions, reverse=True)


@given(any_requirements())
def test_higher_ops_maturity_never_makes_services_less_likely(
    asked: Requirements,
) -> None:
    servers = {"relational_needs": "high", "traffic_pattern": "steady"}
    said = [
        verdict(asked.model_copy(update={**servers, "ops_maturity": level}))[0]
        == "microservices"
        for level in ("low", "medium", "high")
    ]
    assert said == sorted(said)


@settings(max_examples=60)
@given(any_requirements())
def test_each_flip_when_set_gives_that_architecture(asked: Requirements) -> None:
    advice = recommend(asked, EVIDENCE)
    for flip in advice.flips:
        again = Requirements.model_validate({**asked.model_dump(), flip.field: flip.to})
        assert verdict(again) == (flip.architecture, flip.event_streaming)
        assert verdict(again) != (advice.architecture, advice.event_streaming)


@settings(max_examples=60)
@given(any_requirements())
def test_the_architecture_follows_from_the_decisions_and_has_the_highest_score(
    asked: Requirements,
) -> None:
    advice = recommend(asked, EVIDENCE)
    decisions = advice.decisions
    follows = (
        "serverless"
        if decisions.runtime.choice == "functions"
        else PARTITION_NAMES[decisions.partition.choice]
    )
    assert advice.architecture == follows
    assert advice.template == TEMPLATE_OF[follows]
    assert advice.event_streaming == (decisions.dataflow.choice == "stream")
    assert advice.scores[advice.architecture] == max(advice.scores.values())
    assert advice.runner_up != advice.architecture


@settings(max_examples=60)
@given(any_requirements())
def test_every_point_of_a_score_is_attributed_to_a_criterion(
    asked: Requirements,
) -> None:
    advice = recommend(asked, EVIDENCE)
    all_names: dict[str, dict[str, str]] = {
        "partition": {**PARTITION_NAMES},
        "runtime": {"functions": "serverless", "servers": "monolith"},
        "dataflow": {"stream": "event_streaming", "calls": "calls"},
    }
    for decision, names in all_names.items():
        for choice, points in getattr(advice.decisions, decision).scores.items():
            attributed = sum(
                r.effect.get(names[choice], 0.0)
                for r in advice.reasons
                if r.decision == decision
            )
            assert attributed == pytest.approx(points, abs=0.1)


def test_the_first_reasons_speak_for_the_verdict(evidence: Evidence) -> None:
    for answers in (PLATFORM, SOCIAL, MVP, REALTIME):
        advice = recommend(requirements(**answers), evidence)
        for reason in advice.reasons[:3]:
            ours = {advice.architecture} | (
                {"event_streaming"} if advice.event_streaming else set()
            )
            for name, points in reason.effect.items():
                assert (points > 0) == (name in ours), reason


def test_the_same_answers_give_the_same_document(evidence: Evidence) -> None:
    asked = requirements(**PLATFORM)
    assert (
        recommend(asked, evidence).document() == recommend(asked, evidence).document()
    )


def test_what_was_not_answered_lowers_the_confidence_and_is_listed(
    evidence: Evidence,
) -> None:
    fields = ("traffic_pattern", "relational_needs", "ops_maturity")
    assumed = tuple(
        Assumption(field=f, value=getattr(requirements(**SOCIAL), f), because="usual")
        for f in fields
    )
    sure = recommend(requirements(**SOCIAL), evidence)
    unsure = recommend(requirements(**SOCIAL, assumed=assumed), evidence)
    assert unsure.confidence < sure.confidence
    assert [a.field for a in unsure.assumed] == list(fields)


def test_the_users_own_architecture_stands_beside_the_advice_with_its_risk(
    evidence: Evidence,
) -> None:
    advice = recommend(requirements(architecture="microservices"), evidence)
    assert advice.architecture == advice.template == "microservices"
    assert advice.override is not None
    assert advice.override.advised == "monolith"
    assert "One team owns every service" in advice.override.risk
    assert advice.decisions.partition.choice == "many"
    assert advice.decisions.partition.advised == "one"


def test_more_services_than_the_team_can_own_are_warned_of_with_their_cost(
    evidence: Evidence,
) -> None:
    parts = {f"part{n}": (f"module{n}",) for n in range(8)}
    advice = recommend(
        requirements(architecture="microservices", parts=parts), evidence
    )
    said = [risk.risk for risk in advice.risks]
    assert any("more services than the teams can own" in risk for risk in said)
    assert advice.services_owned == 3
    assert advice.override is not None
    assert advice.override.extra_usd_a_month > 100
    assert advice.override.extra_people_fte > 0.5


def test_a_monolith_that_many_teams_would_queue_behind_is_warned_of(
    evidence: Evidence,
) -> None:
    many = {**PLATFORM, "teams": 40, "team_size": 300}
    advice = recommend(requirements(**many, architecture="monolith"), evidence)
    assert advice.architecture == "modular_monolith"
    assert advice.override is not None
    assert advice.override.advised == "microservices"
    assert "queue behind one release train" in advice.override.risk


def test_asking_for_what_is_advised_is_no_override(evidence: Evidence) -> None:
    assert recommend(requirements(architecture="monolith"), evidence).override is None


def test_a_named_database_stands_beside_the_advice(evidence: Evidence) -> None:
    advice = recommend(requirements(stack={"database": "dynamodb"}), evidence)
    assert advice.stack["database"].choice == "dynamodb"
    assert advice.stack["database"].advised == "postgresql"


def test_what_is_not_computed_is_absent_from_the_document(evidence: Evidence) -> None:
    document = recommend(requirements(), evidence).document()
    assert "override" not in document
    assert None not in document.values()
