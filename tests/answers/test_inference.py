"""What is not answered follows from what is, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.requirements import Requirements


def infer(**answers: Any) -> Requirements:
    return resolve([from_record(answers)]).requirements


def because(requirements: Requirements, field: str) -> str:
    return next(
        assumption.because
        for assumption in requirements.assumed
        if assumption.field == field
    )


def test_nothing_answered_is_a_small_product() -> None:
    r = infer()
    assert (r.name, r.workload, r.scope, r.team_size, r.teams) == (
        "backend",
        "crud",
        "product",
        6,
        1,
    )
    assert (
        r.traffic_rps_avg,
        r.traffic_rps_peak,
        r.slo.rps,
        r.slo.p95_ms,
        r.slo.error_rate,
    ) == (
        50,
        150,
        100,
        200,
        0.01,
    )


@pytest.mark.parametrize(
    ("size", "scope", "teams", "ops"),
    [
        (1, "mvp", 1, "low"),
        (6, "product", 1, "medium"),
        (30, "product", 4, "high"),
        (200, "platform", 25, "high"),
    ],
)
def test_the_organisation_follows_from_the_engineers(
    size: int, scope: str, teams: int, ops: str
) -> None:
    r = infer(team_size=size)
    assert (r.scope, r.teams, r.ops_maturity) == (scope, teams, ops)


def test_the_engineers_follow_from_the_teams() -> None:
    assert infer(teams=3).team_size == 24


def test_the_average_follows_from_the_peak_and_the_pattern() -> None:
    r = infer(traffic_rps_peak=1000, traffic_pattern="spiky")
    assert r.traffic_rps_avg == 100
    assert (
        because(r, "traffic_rps_avg")
        == "10 times between average and peak of spiky traffic"
    )


@pytest.mark.parametrize(
    ("peak", "pattern"), [(110, "steady"), (400, "diurnal"), (900, "spiky")]
)
def test_the_pattern_follows_from_the_ratio(peak: float, pattern: str) -> None:
    assert infer(traffic_rps_avg=100, traffic_rps_peak=peak).traffic_pattern == pattern


def test_hardly_any_traffic_is_rare() -> None:
    assert infer(traffic="1000 requests/month").traffic_pattern == "rare"


def test_rare_traffic_without_a_rate_is_hardly_any() -> None:
    r = infer(traffic_pattern="rare", scope="platform")
    assert r.traffic_rps_avg <= 0.01
    assert because(r, "traffic_rps_avg") == "hardly any requests come"
    assert infer(traffic_pattern="rare", traffic_rps_peak=5).traffic_rps_avg == 0.5


def test_a_measured_cpu_time_is_taken_and_never_assumed() -> None:
    assert infer().cpu_ms is None
    assert not infer().was_assumed("cpu_ms")
    assert infer(cpu_ms=4).cpu_ms == 4


def test_traffic_in_words_is_listed_with_what_it_was_taken_for() -> None:
    r = infer(traffic="50k users/day")
    assert r.traffic_rps_avg == 17.4 and r.traffic_rps_peak == 52.2
    assert (
        because(r, "traffic_rps_avg") == "50k users/day, at 30 requests a user and day"
    )
    told = {a.field: a.value for a in infer(traffic="50 rps").assumed}
    assert str(told["traffic_rps_avg"]) == "50"  # a whole number is told as one


def test_a_workload_without_a_preset_takes_that_of_crud_and_says_so() -> None:
    both = resolve([from_record({"workload": "iot"})])
    assert both.domain.preset == "crud"
    assert (
        because(both.requirements, "preset")
        == "no modules were given, and there is no preset for iot yet"
    )


def test_a_workload_with_a_preset_takes_it() -> None:
    assert resolve([from_record({"workload": "ecommerce"})]).domain.names == (
        "accounts",
        "inventory",
        "orders",
        "payments",
    )


def test_modules_without_a_preset_are_the_whole_domain() -> None:
    modules = {
        "notes": {"entities": {"note": {"fields": {"title": {"type": "string"}}}}}
    }
    both = resolve([from_record({"workload": "ecommerce", "modules": modules})])
    assert both.domain.names == ("accounts", "notes") and both.domain.preset is None


def test_the_latency_that_was_asked_for_is_the_service_level() -> None:
    assert infer(latency_ms_target=50).slo.p95_ms == 50
    assert infer(latency_ms_target=50, slo={"p95_ms": 80}).slo.p95_ms == 80


def test_rare_traffic_leaves_it_idle_and_says_so() -> None:
    taken = infer(traffic_pattern="rare", needs=["replay"])
    assert taken.needs == ("replay", "often_idle")
    assert next(a.value for a in taken.assumed if a.field == "needs") == ["often_idle"]
    assert not infer(traffic_pattern="rare", needs=["often_idle"]).was_assumed("needs")
    assert infer().needs == ()


def test_what_is_usual_grows_with_the_engineers_where_the_scope_follows_from_them() -> (
    None
):
    rates = [infer(team_size=size).traffic_rps_avg for size in (6, 20, 40, 60, 100)]
    assert rates[0] == rates[1] == 50 and rates[3] == rates[4] == 1000
    assert 50 < rates[2] < 1000


def test_the_fewer_requests_the_more_they_come_in_bursts() -> None:
    ratios = [
        r.traffic_rps_peak / r.traffic_rps_avg
        for rate in (1, 0.05, 0.009)
        if (r := infer(traffic_rps_avg=rate))
    ]
    assert ratios[0] == pytest.approx(3, rel=0.01) and ratios[0] < ratios[1] < ratios[
        2
    ] == pytest.approx(10, rel=0.01)
