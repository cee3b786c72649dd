"""A record that an older version wrote becomes what this one writes; one of this
version stays as it is.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.domain.presets import PRESETS
from archgen.errors import ArchgenError
from archgen.growth.releases.upgrades import Step, upgrade
from archgen.pipeline import make_plan


def make_record(**answers: Any) -> dict[str, Any]:
    record: dict[str, Any] = make_plan(
        resolve([from_record({"name": "lib", **answers})])
    ).record
    return {**record, "archgen_version": "0.0.1"}


@pytest.mark.parametrize(
    "answers",
    [
        *(
            {"preset": preset, "architecture": "monolith"}
            for preset in sorted({*PRESETS} - {"realtime"})
        ),
        *(
            {"preset": "ecommerce", "architecture": architecture}
            for architecture in ("microservices", "serverless")
        ),
        {"workload": "ecommerce", "traffic": "300 rps"},
        {"team_size": 30, "teams": 2, "scope": "platform", "preset": "ecommerce"},
    ],
    ids=lambda answers: "-".join(map(str, answers.values())),
)
def test_a_record_without_steps_changes_its_version_alone(
    answers: dict[str, Any],
) -> None:
    record = make_record(**answers)
    upgraded = upgrade(record, ())
    assert upgraded["archgen_version"] != "0.0.1"
    assert {**upgraded, "archgen_version": "0.0.1"} == record and list(
        upgraded
    ) == list(record)


def test_the_fields_of_a_record_stand_where_this_version_writes_them() -> None:
    record = make_record(architecture="monolith")
    old = {
        **{key: said for key, said in record.items() if key != "slo"},
        "slo": record["slo"],
    }
    assert list(old) != list(record) and list(upgrade(old, ())) == list(record)


def test_options_get_their_new_names_where_they_were_answered_and_where_they_were_decided() -> (
    None
):
    record = make_record(
        architecture="monolith", extras={"load_test": True}, stack={"cache": "valkey"}
    )
    old = deepcopy(record)
    old["extras"] = [
        "load_model" if name == "load_test" else name for name in record["extras"]
    ]
    old["answers"]["extras"] = {"load_model": True}
    old["stack"]["cache"] = old["answers"]["stack"]["cache"] = "valkyrie"
    step = Step(
        "0.1.0",
        {"extras": {"load_model": "load_test"}, "cache": {"valkyrie": "valkey"}},
    )
    assert upgrade(old, (step,)) == upgrade(record, ())


def test_what_a_project_was_before_it_evolved_stays_with_what_was_put_aside_under_its_new_name() -> (
    None
):
    record = make_record(architecture="monolith")
    aside = {
        "stack": {"cache": {"word": "valkyrie", "instead": None}},
        "extras": {"old": {"word": True, "instead": False}},
    }
    record["gone"] = {"loans": {"part": "app", "dropped": False}}
    told = {
        "asked": "archgen evolve",
        "before": {},
        "after": {},
        "changes": [],
        "moves": [],
    }
    record["evolutions"] = [
        {
            "file": "0002-microservices",
            **told,
            "former": {"reasons": []},
            "aside": aside,
        },
        {"file": "0003", **told},
    ]
    upgraded = upgrade(
        record,
        (Step("0.1.0", {"extras": {"old": "new"}, "cache": {"valkyrie": "valkey"}}),),
    )
    first, second = upgraded["evolutions"]
    assert upgraded["gone"] == record["gone"]
    assert first["former"] == {"reasons": []} and second == {"file": "0003", **told}
    assert first["aside"] == {
        "stack": {"cache": {"word": "valkey", "instead": None}},
        "extras": {"new": {"word": True, "instead": False}},
    }


def test_steps_are_of_the_versions_after_the_one_that_wrote_the_record_and_in_order() -> (
    None
):
    record = make_record(architecture="monolith")
    done: list[str] = []
    steps = [
        Step(version, change=lambda record, version=version: done.append(version))  # type: ignore[misc]
        for version in ("0.0.1", "0.0.2", "0.1.0")
    ]
    before = deepcopy(record)
    upgrade(record, steps)
    assert done == ["0.0.2", "0.1.0"] and record == before


def test_a_field_that_was_called_otherwise_is_moved_by_a_step() -> None:
    record = make_record(architecture="monolith")
    old = deepcopy(record)
    old["levels"] = old.pop("slo")

    def change(record: dict[str, Any]) -> None:
        record["slo"] = record.pop("levels")

    assert upgrade(old, (Step("0.1.0", change=change),)) == upgrade(record, ())


def test_a_record_that_no_step_leads_on_from_is_told_with_the_place() -> None:
    record = make_record(architecture="monolith")
    record["levels"] = record.pop("slo")
    with pytest.raises(
        ArchgenError, match=r"no record of archgen 0\.0\.1: slo: field required"
    ):
        upgrade(record, ())
