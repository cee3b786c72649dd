"""Sources of answers are each checked, then merged, the later over the earlier, with
all mistakes told at once.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.answers.resolve import Resolved, resolve
from archgen.answers.schema import Answers
from archgen.answers.sources import from_file, from_flags, from_record, from_sets
from archgen.errors import InputError


def taken(**answers: Any) -> Resolved:
    return resolve([from_record(answers)])


def mistakes(*sources: Any) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        resolve(list(sources))
    return {
        mistake.where: f"{mistake.message} | {mistake.hint}"
        for mistake in caught.value.mistakes
    }


def of(**answers: Any) -> dict[str, str]:
    return mistakes(from_record(answers))


def test_a_later_source_wins(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: file\nteam_size: 4\nscope: mvp\nworkload: api\n")
    both = resolve(
        [
            from_file(file),
            from_sets(["team_size=5", "scope=product"]),
            from_flags({"name": "flag"}),
        ]
    )
    requirements = both.requirements
    assert (requirements.name, requirements.team_size, requirements.scope) == (
        "flag",
        5,
        "product",
    )
    assert requirements.workload == "api"


def test_a_preset_is_the_weakest_source() -> None:
    assert taken(preset="ecommerce").requirements.workload == "ecommerce"
    assert taken(preset="ecommerce", workload="api").requirements.workload == "api"


def test_a_bad_value_is_an_error_even_where_another_overrides_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("scope: mvp\nteam_size: -1\n")
    told = mistakes(from_file(file), from_sets(["team_size=5"]))
    assert told == {
        "team_size": "must be at least 1, not -1 (a.yaml, line 2) | for example team_size: 6"
    }


def test_a_bad_value_is_an_error_even_where_the_same_flag_overrides_it() -> None:
    told = mistakes(
        from_sets(
            ["team_size=abc", "team_size=3", "slo={p95_ms: 0}", "slo={p95_ms: 5}"]
        )
    )
    assert set(told) == {"team_size", "slo.p95_ms"}
    field = "modules.a.entities.b.fields.c"
    both = resolve(
        [
            from_sets(
                [
                    f"{field}.type=string",
                    f"{field}.max_length=5",
                    f"{field}.max_length=6",
                ]
            )
        ]
    )
    assert both.answers.modules["a"].entities["b"].fields["c"].max_length == 6


def test_every_mistake_of_every_source_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "scop: mvp\ntraffic: lots\nmodules: {a: {entities: {b: {fields: {c: {type: strin}}}}}}\n"
    )
    told = mistakes(
        from_file(file),
        from_sets(["data_gb=.nan", "slo.p95_ms=0", "oops"]),
        from_flags({"name": "class"}),
    )
    assert set(told) == {
        "scop",
        "traffic",
        "modules.a.entities.b.fields.c.type",
        "data_gb",
        "slo.p95_ms",
        "--set",
        "name",
    }
    assert "did you mean scope?" in told["scop"]
    assert "did you mean string?" in told["modules.a.entities.b.fields.c.type"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("team_size", "6", "must be a whole number, not '6'"),
        ("team_size", True, "must be a whole number, not true"),
        ("team_size", 1.5, "must be a whole number"),
        ("team_size", 10**30, "must be at most 100,000"),
        ("traffic_rps_peak", 1e-320, "is too small"),
        ("traffic_rps_peak", "nan", "must be a number, not 'nan'"),
        ("traffic_rps_peak", float("nan"), "must be"),
        ("traffic_rps_avg", 0, "must be more than 0"),
        ("data_gb", float("inf"), "must be"),
        ("scope", "huge", "must be one of mvp, product, platform, not 'huge'"),
        ("workload", "comerce", "did you mean ecommerce?"),
        (
            "architecture",
            "blob",
            "must be one of auto, monolith, microservices, serverless",
        ),
        ("preset", "ecomerce", "did you mean ecommerce?"),
        ("stack", "postgresql", "must be a mapping"),
        ("modules", [{}], "must be a mapping"),
        ("parts", {"app": []}, ""),
        ("name", 7, "must be a string, not 7; quote it"),
        ("name", "{{7*7}}", "is not lower-case letters"),
        ("slo", {"error_rate": 1}, ""),
    ],
)
def test_a_bad_value_says_what_is_wrong(key: str, value: object, said: str) -> None:
    told = of(**{key: value})
    assert said in next(iter(told.values()))
    assert next(iter(told)).startswith(key)


def test_set_takes_strings_as_they_are_written() -> None:
    sets = from_sets(
        [
            "name=no",
            "workload=api",
            "stack.database=007",
            "team_size=3",
            "parts.app=[accounts]",
        ]
    )
    assert sets.text.data == {
        "name": "no",
        "workload": "api",
        "stack": {"database": "007"},
        "team_size": 3,
        "parts": {"app": ["accounts"]},
    }


def test_set_sets_inside_of_what_a_file_has() -> None:
    file = from_record(
        {"modules": {"a": {"entities": {"b": {"fields": {"c": {"type": "string"}}}}}}}
    )
    more = from_sets(
        [
            "modules.a.entities.b.fields.d={type: integer, min: 1}",
            "modules.a.entities.b.plural=bees",
        ]
    )
    entity = resolve([file, more]).domain["a"].spec.entities["b"]
    assert list(entity.fields) == ["c", "d"] and entity.plural == "bees"


def test_set_cannot_go_through_a_value() -> None:
    assert (
        "has a value already"
        in mistakes(from_sets(["scope=mvp", "scope.x=1"]))["scope.x"]
    )


def test_an_answers_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert "No such file" in mistakes(from_file(tmp_path / "none.yaml"))["--answers"]
    assert "is a folder" in mistakes(from_file(tmp_path))["--answers"]


def test_an_answers_file_that_is_no_mapping_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("- name\n")
    assert "is not a mapping" in mistakes(from_file(file))["a.yaml"]


def test_an_empty_answers_file_answers_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# nothing yet\n")
    assert resolve([from_file(file)]).raw == {}


def test_traffic_in_words_takes_the_place_of_figures_below_it() -> None:
    both = resolve(
        [
            from_record({"traffic_rps_avg": 5, "traffic_rps_peak": 6}),
            from_sets(["traffic=300 rps"]),
        ]
    )
    assert (both.requirements.traffic_rps_avg, both.requirements.traffic_rps_peak) == (
        300,
        900,
    )


@pytest.mark.parametrize(
    ("words", "figure", "rates"),
    [
        ("300 rps", "traffic_rps_avg=20", (20, 60)),
        ("300 rps", "traffic_rps_peak=500", (300, 500)),
        ("300 rps peak", "traffic_rps_peak=90", (30, 90)),
        ("300 rps peak", "traffic_rps_avg=20", (20, 300)),
    ],
)
def test_a_figure_takes_the_place_of_the_words_for_it_and_no_others(
    words: str, figure: str, rates: tuple[float, float]
) -> None:
    both = resolve([from_record({"traffic": words}), from_sets([figure])]).requirements
    assert (both.traffic_rps_avg, both.traffic_rps_peak) == rates


def test_modules_may_be_called_as_answers_are() -> None:
    field = {"fields": {"c": {"type": "string"}}}
    below, above = (
        {"modules": {name: {"entities": {e: field}}}}
        for name, e in (("traffic", "x"), ("traffic_rps_avg", "y"))
    )
    assert set(resolve([from_record(below), from_record(above)]).answers.modules) == {
        "traffic",
        "traffic_rps_avg",
    }


def test_traffic_said_in_two_ways_that_differ_is_a_mistake() -> None:
    told = of(traffic="300 rps", traffic_rps_avg=80)
    assert (
        "300 rps is 300 requests a second, and traffic_rps_avg says 80"
        in told["traffic"]
    )


def test_a_peak_below_the_average_is_a_mistake() -> None:
    assert (
        "3 is less than the average, 300"
        in of(traffic="300 rps", traffic_rps_peak=3)["traffic_rps_peak"]
    )


def test_more_teams_than_engineers_are_a_mistake() -> None:
    assert "3 teams of 2 engineers" in of(team_size=2, teams=3)["teams"]


def test_one_broken_field_makes_no_other_mistake() -> None:
    told = of(
        modules={
            "a": {
                "entities": {
                    "b": {
                        "fields": {
                            "c": {"type": "enum", "values": [1]},
                            "d": {"type": "nope"},
                        },
                        "lists": [["c", "d"]],
                    },
                    "e": {"fields": {"f": {"type": "reference", "to": "a.b"}}},
                },
                "reacts_to": ["a.b.created"],
            }
        }
    )
    assert set(told) == {
        "modules.a.entities.b.fields.c.values.0",
        "modules.a.entities.b.fields.d.type",
    }


def test_a_mistake_in_a_field_hides_none_in_the_names_above_it() -> None:
    field = {"class": {"type": "nope"}}
    told = of(
        modules={"import": {"entities": {"Bad": {"plural": "bads", "fields": field}}}}
    )
    entity = "modules.import.entities.Bad"
    assert set(told) == {
        "modules.import",
        entity,
        f"{entity}.fields.class",
        f"{entity}.fields.class.type",
    }


def test_a_broken_item_of_a_list_hides_none_beside_it() -> None:
    entity = {
        "lists": [["nope"], ["i", 3], "i", []],
        "fields": {"i": {"type": "integer"}},
    }
    modules = {"a": {"entities": {"x": entity}, "reacts_to": [3, "a.x.gone"]}}
    told = of(modules=modules, parts={"app": ["accounts", 3, "nope"], "z": [4]})
    listed = "modules.a.entities.x.lists"
    assert set(told) == {
        *(f"{listed}.0", f"{listed}.1.1", f"{listed}.2", f"{listed}.3"),
        *("modules.a.reacts_to.0", "modules.a.reacts_to.1"),
        *("parts.app.1", "parts.app.2", "parts.z.0"),
    }


def test_many_mistakes_are_cut_short() -> None:
    fields = {f"f{n}": {"type": "nope"} for n in range(60)}
    with pytest.raises(InputError) as caught:
        taken(modules={"a": {"entities": {"b": {"fields": fields}}}})
    assert (
        len(caught.value.mistakes) == 51
        and caught.value.mistakes[-1].message == "and 10 mistakes more"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(list(Answers.model_fields))


@given(st.dictionaries(KEYS | st.text(max_size=8), JSON, max_size=5))
def test_any_answers_are_taken_or_refused_with_mistakes(
    answers: dict[str, Any],
) -> None:
    with contextlib.suppress(InputError):
        assert taken(**answers).requirements.name


@given(
    st.lists(
        st.tuples(KEYS, st.text(max_size=20)).map("=".join) | st.text(max_size=20),
        max_size=4,
    )
)
def test_any_sets_are_taken_or_refused(items: list[str]) -> None:
    with contextlib.suppress(InputError):
        assert resolve([from_sets(items)]).requirements.name


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "scope": st.sampled_from(["mvp", "product", "platform"]),
            "team_size": st.integers(1, 100_000),
            "traffic_rps_avg": st.floats(1e-6, 1e9),
            "workload": st.sampled_from(
                ["crud", "ecommerce", "social", "iot", "batch"]
            ),
            "traffic_pattern": st.sampled_from(["steady", "diurnal", "spiky", "rare"]),
            "latency_ms_target": st.floats(0.1, 1e6),
        },
    )
)
def test_what_is_answered_stands_and_the_rest_is_listed(
    answers: dict[str, Any],
) -> None:
    requirements = taken(**answers).requirements
    for key, value in answers.items():
        assert getattr(requirements, key) == value
        assert not requirements.was_assumed(key)
    assert requirements.traffic_rps_peak >= requirements.traffic_rps_avg * 0.99
    for field in (
        "scope",
        "team_size",
        "teams",
        "traffic_rps_avg",
        "traffic_pattern",
        "workload",
        "data_gb",
    ):
        assert requirements.was_assumed(field) == (field not in answers)
    assert all(assumption.because for assumption in requirements.assumed)


def test_needs_are_a_list_or_words_with_commas_and_count_once() -> None:
    for said in (
        "needs=[replay, fan_out]",
        "needs=replay,fan_out",
        "needs=replay, fan_out, replay",
    ):
        assert resolve([from_sets([said])]).requirements.needs == ("replay", "fan_out")
    assert resolve([from_sets(["experience=kubernetes"])]).requirements.experience == (
        "kubernetes",
    )
    assert taken(needs=[]).requirements.needs == ()


def test_a_need_that_there_is_not_is_refused_with_what_was_meant() -> None:
    found = of(needs=["reply"])
    assert (
        "must be one of replay, fan_out" in found["needs.0"]
        and "did you mean replay?" in found["needs.0"]
    )
    assert "must be a list" in of(needs=3)["needs"]
    assert set(mistakes(from_sets(["needs=reply,fanout"]))) == {"needs.0", "needs.1"}
    assert mistakes(from_sets(["experience=3"]))["experience"].endswith(
        "--set experience=servers,containers"
    )
