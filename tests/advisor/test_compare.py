from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from rich.console import Console
from tests.advisor.samples import MVP, PLATFORM, any_requirements, requirements

from archgen.advisor import recommend
from archgen.advisor.compare import compare
from archgen.advisor.facts import derive_facts
from archgen.advisor.recommendation import Recommendation
from archgen.advisor.schema import recommendation_schema
from archgen.advisor.scoring import Model
from archgen.answers.inference import again
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_flags
from archgen.evidence.loader import load_evidence
from archgen.reports.comparison import print_comparison
from archgen.requirements import Requirements

EVIDENCE = load_evidence()


def test_two_architectures_stand_side_by_side_with_their_costs() -> None:
    found = compare(requirements(**PLATFORM), EVIDENCE, "monolith", "microservices")
    assert [s.architecture for s in found.sides] == [
        "modular_monolith",
        "microservices",
    ]
    assert [s.advised for s in found.sides] == [False, True]
    assert found.sides[0].usd_a_month < found.sides[1].usd_a_month
    assert found.sides[1].speaks_for


def test_what_is_ruled_out_says_by_which_rule() -> None:
    found = compare(
        requirements(latency_ms_target=1.0), EVIDENCE, "monolith", "serverless"
    )
    assert found.sides[1].ruled_out == (
        "A latency target under 2 ms rules out functions",
    )
    assert found.sides[1].score == 0


def test_what_speaks_against_services_is_said_without_ruling_them_out() -> None:
    found = compare(requirements(**MVP), EVIDENCE, "monolith", "microservices")
    assert not found.sides[1].ruled_out
    assert any(
        "Services need rapid provisioning" in text
        for text in found.sides[1].speaks_against
    )
    out = io.StringIO()
    print_comparison(Console(file=out, width=80), found)
    assert "Advised is monolith" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80


@settings(max_examples=30)
@given(any_requirements())
def test_the_document_fits_its_schema_and_reads_back_the_same(
    asked: Requirements,
) -> None:
    document = recommend(asked, EVIDENCE).document()
    again_read = Recommendation.model_validate_json(json.dumps(document))
    assert again_read.document() == document
    schema = recommendation_schema()
    assert set(document) <= set(schema["properties"])
    assert set(schema["required"]) - {"override"} <= set(document)
    assert set(schema["$defs"]["Flip"]["properties"]) >= {
        "field",
        "from",
        "to",
        "architecture",
    }


@pytest.mark.parametrize(
    "answers",
    [
        {"workload": "ecommerce", "team_size": 12},
        {"workload": "social", "team_size": 4, "traffic_pattern": "spiky"},
        {"workload": "realtime_stream", "team_size": 16},
        {"workload": "ecommerce", "scope": "platform", "teams": 8},
        {"workload": "iot", "traffic": "300 rps"},
        {"scope": "mvp"},
    ],
)
def test_a_flip_holds_when_all_that_is_inferred_from_it_is_inferred_again(
    answers: dict[str, object],
) -> None:
    taken = resolve([from_flags({"name": "case", **answers})])
    vary = again(taken.answers, taken.domain)
    model = Model(EVIDENCE)
    for flip in recommend(taken.requirements, EVIDENCE, vary).flips:
        said = resolve(
            [from_flags({"name": "case", **answers}), from_flags({flip.field: flip.to})]
        )
        found = model.judge(derive_facts(said.requirements, EVIDENCE))
        assert found.name == (flip.architecture, flip.event_streaming)


@pytest.mark.parametrize(
    ("answers", "architecture", "stream"),
    [
        (
            {"workload": "ecommerce", "scope": "platform", "teams": 8},
            "microservices",
            False,
        ),
        (
            {"workload": "social", "team_size": 4, "traffic_pattern": "spiky"},
            "serverless",
            False,
        ),
        ({"workload": "realtime_stream", "team_size": 8}, "monolith", True),
        ({"scope": "mvp", "team_size": 2}, "monolith", False),
    ],
)
def test_the_use_cases_get_their_architecture_from_a_few_answers(
    answers: dict[str, object], architecture: str, stream: bool
) -> None:
    taken = resolve([from_flags({"name": "case", **answers})])
    advice = recommend(taken.requirements, EVIDENCE)
    assert (advice.architecture, advice.event_streaming) == (architecture, stream)
