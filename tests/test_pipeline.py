"""The line: each step follows from what the steps before it gave."""

from __future__ import annotations

import pytest

from archgen import pipeline
from archgen.answers.sources import from_record
from archgen.blueprint.schema import Blueprint
from archgen.generator import dump_record
from archgen.requirements import Requirements

SHOP = {"name": "shop", "preset": "ecommerce"}


def test_step_by_step_gives_what_the_whole_line_gives() -> None:
    taken = pipeline.resolve([from_record(SHOP)])
    advice = pipeline.advise(taken)
    blueprint = pipeline.build(taken, advice)
    whole = pipeline.make_plan(taken)
    assert (whole.recommendation, whole.blueprint) == (advice, blueprint)
    assert dump_record(pipeline.record(taken, advice, blueprint)) == dump_record(
        whole.record
    )


@pytest.mark.parametrize("architecture", ["auto", "microservices", "serverless"])
def test_a_record_holds_each_step_as_its_document(architecture: str) -> None:
    taken = pipeline.resolve([from_record({**SHOP, "architecture": architecture})])
    plan = pipeline.make_plan(taken)
    record = plan.record
    assert Requirements.model_validate(record["requirements"]) == taken.requirements
    assert (
        Blueprint.model_validate(
            {key: record[key] for key in Blueprint.model_fields if key in record}
        )
        == plan.blueprint
    )
    assert record["recommendation"] == plan.recommendation.document()


def test_what_was_recorded_gives_the_same_again() -> None:
    first = pipeline.make_plan(pipeline.resolve([from_record(SHOP)])).record
    again = pipeline.make_plan(pipeline.resolve([from_record(first["answers"])])).record
    assert dump_record(again) == dump_record(first)
