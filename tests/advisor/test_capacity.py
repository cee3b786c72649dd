from __future__ import annotations

from dataclasses import replace
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

from archgen.advisor import capacity, queueing, recommend
from archgen.advisor.facts import derive_facts
from archgen.advisor.growth import months_until
from archgen.evidence.loader import load_evidence
from archgen.requirements import Requirements, ServiceLevels

EVIDENCE = load_evidence()


def demand(**answers: Any) -> capacity.Demand:
    facts = derive_facts(requirements(**answers), EVIDENCE)
    return capacity.estimate_demand(facts, EVIDENCE, cached=True, streaming=False)


@given(st.floats(0.1, 5000), st.floats(1.01, 20))
def test_more_traffic_never_needs_fewer_workers(peak: float, times: float) -> None:
    one = replace(demand(), peak=peak, average=peak / 2)
    assert (
        capacity.size_app(one.times(times), EVIDENCE).workers
        >= capacity.size_app(one, EVIDENCE).workers
    )


@given(st.floats(0.1, 20_000), st.floats(20, 2000))
def test_workers_keep_to_the_target_utilisation_and_the_wait_to_its_share_of_the_latency(
    peak: float, ms: float
) -> None:
    app = capacity.size_app(replace(demand(), peak=peak, latency=ms / 1000), EVIDENCE)
    assert app.utilisation <= EVIDENCE.parameter("target_utilisation") + 1e-9
    assert app.wait_p95 <= EVIDENCE.parameter("queue_share_of_latency") * ms / 1000
    assert app.instances >= 2


@given(st.integers(1, 200), st.floats(0.01, 0.99))
def test_waiting_is_a_probability_and_grows_with_the_load(
    servers: int, rho: float
) -> None:
    waiting = queueing.erlang_c(servers, servers * rho)
    assert 0 <= queueing.erlang_b(servers, servers * rho) <= waiting <= 1
    assert (
        waiting <= queueing.erlang_c(servers, servers * min(rho * 1.01, 0.999)) + 1e-12
    )


def test_a_database_bears_the_lesser_of_its_cpu_and_its_io() -> None:
    four_cores, sixteen = (
        m for m in EVIDENCE.machines.database if m.name in ("m7g.xlarge", "m7g.4xlarge")
    )
    small, limit = capacity.database_capacity(four_cores, 20, EVIDENCE, iops=16_000)
    assert limit == "cpu"
    assert small == pytest.approx(4 * 1200 * 0.55)
    large, limit = capacity.database_capacity(sixteen, 100, EVIDENCE, iops=16_000)
    assert limit == "iops"
    assert large / 0.55 == pytest.approx(7288, rel=0.02)
    assert capacity.database_capacity(sixteen, 500, EVIDENCE, iops=16_000)[
        0
    ] / 0.55 == pytest.approx(4636, rel=0.02)


def test_four_times_the_cores_on_the_same_disk_buy_less_than_twice_the_writes() -> None:
    four, sixteen = (
        m for m in EVIDENCE.machines.database if m.name in ("m7g.xlarge", "m7g.4xlarge")
    )
    bought = [
        capacity.database_capacity(m, 100, EVIDENCE, iops=16_000)[0]
        for m in (four, sixteen)
    ]
    assert bought[1] / bought[0] < 2


@given(st.floats(0.1, 1e5), st.floats(0.1, 3000))
def test_a_database_bears_what_is_asked_or_says_how_many_replicas_and_shards_it_takes(
    peak: float, gb: float
) -> None:
    asked = replace(demand(), peak=peak, average=peak / 3, data_gb=gb)
    size = capacity.size_database(
        asked, capacity.size_app(asked, EVIDENCE).workers, EVIDENCE
    )
    assert size.capacity * (1 + size.replicas) >= size.demand * 0.999
    assert size.connections >= 1


def test_no_shards_below_four_terabytes_and_some_above() -> None:
    assert (
        capacity.size_database(replace(demand(), data_gb=3900), 4, EVIDENCE).shards == 1
    )
    assert (
        capacity.size_database(replace(demand(), data_gb=50_000), 4, EVIDENCE).shards
        == 13
    )


def test_max_connections_follow_from_memory() -> None:
    large = next(m for m in EVIDENCE.machines.database if m.memory_gb == 8)
    most = int(large.memory_gb * 2**30 / EVIDENCE.parameter("bytes_per_connection"))
    assert most == pytest.approx(900, abs=2)
    many = capacity.size_database(demand(), 1000, EVIDENCE)
    assert many.connections > many.max_connections
    assert many.pooler


def test_the_hit_ratio_is_what_the_database_cannot_bear() -> None:
    asked = replace(demand(), peak=1000.0, hit_ratio=0.0)
    assert capacity.hit_ratio_needed(asked, 360.0, EVIDENCE) == pytest.approx(0.0)
    assert capacity.hit_ratio_needed(asked, 280.0, EVIDENCE) == pytest.approx(0.5)
    assert capacity.hit_ratio_needed(asked, 100.0, EVIDENCE) == 1.0


def test_functions_ask_for_the_greater_of_two_quotas() -> None:
    short = capacity.size_functions(
        replace(demand(), peak=20_000.0, function=0.050), EVIDENCE
    )
    assert (short.concurrency, short.quota, short.within_default) == (1000, 2000, False)
    long = capacity.size_functions(
        replace(demand(), peak=5000.0, function=0.5), EVIDENCE
    )
    assert (long.concurrency, long.quota) == (2500, 3000)


def test_growth_reaches_a_limit_of_twice_the_load_after_a_year() -> None:
    assert months_until(100, 200, 2.0) == pytest.approx(12)
    assert months_until(100, 90, 2.0) == 0


def test_a_first_version_gets_one_instance_on_one_machine() -> None:
    plan = recommend(requirements(**MVP), EVIDENCE).capacity
    assert (plan.app_instances, plan.workers) == (1, 1)
    assert plan.first_ceiling is not None
    assert plan.first_ceiling.what == "machine of 2 GB, disk"
    assert plan.first_ceiling.then == "the next larger machine"


def test_functions_have_no_instances_and_a_stream_has_partitions() -> None:
    social = recommend(requirements(**SOCIAL), EVIDENCE).document()["capacity"]
    assert "app_instances" not in social
    assert social["functions"]["within_default"] is True
    assert "broker_partitions" not in social
    assert (
        recommend(requirements(**REALTIME), EVIDENCE).document()["capacity"][
            "broker_partitions"
        ]
        >= 3
    )


def test_services_are_sized_one_by_one() -> None:
    plan = recommend(requirements(**PLATFORM), EVIDENCE).capacity
    assert plan.database is not None
    assert plan.database.primaries == 8
    assert plan.app_instances is not None
    assert plan.app_instances >= 16


@settings(max_examples=50)
@given(any_requirements())
def test_the_ceilings_come_in_the_order_in_which_they_are_hit(
    asked: Requirements,
) -> None:
    plan = recommend(asked, EVIDENCE).capacity
    months = [c.month for c in plan.ceilings]
    assert months == sorted(months)
    assert plan.first_ceiling == (plan.ceilings[0] if plan.ceilings else None)
    assert plan.availability.meets == (
        plan.availability.expected >= plan.availability.target
    )


@settings(max_examples=60)
@given(any_requirements())
def test_what_is_advised_carries_the_peak(asked: Requirements) -> None:
    advice = recommend(asked, EVIDENCE)
    plan = advice.capacity
    if plan.utilisation is not None:
        assert plan.utilisation <= EVIDENCE.parameter("target_utilisation") + 0.001
    if plan.database is not None:
        borne = plan.database.capacity_tps * (1 + plan.database.replicas)
        assert borne >= plan.database.demand_tps * 0.98, (
            "both are rounded to three digits"
        )
    if plan.functions is not None:
        assert plan.functions.quota >= plan.functions.concurrency
    if advice.cost.candidate == "one_machine":
        assert all(ceiling.limit >= ceiling.now for ceiling in plan.ceilings)
    assert (plan.broker_partitions is not None) == advice.event_streaming


@settings(max_examples=60)
@given(any_requirements())
def test_shards_are_advised_where_one_primary_does_not_do(asked: Requirements) -> None:
    advice = recommend(asked, EVIDENCE)
    sharding = advice.stack["sharding"]
    if advice.capacity.shards is None:
        assert sharding.choice == "none"
        return
    assert (sharding.choice != "none") == (advice.capacity.shards > 1)
    assert sharding.figures is not None
    assert ("month" in sharding.figures) == (advice.capacity.shards == 1)


def test_what_is_hot_lies_in_the_memory_of_the_database() -> None:
    for gb in (50.0, 500.0, 3000.0):
        size = capacity.size_database(demand(data_gb=gb), 4, EVIDENCE)
        assert (
            size.machine.memory_gb * EVIDENCE.parameter("database_memory_share")
            >= demand(data_gb=gb).hot_gb
        )


@given(st.floats(0.1, 1e6), st.floats(0.01, 1e5))
def test_a_cache_holds_what_is_hot_and_bears_the_rate(peak: float, hot: float) -> None:
    size = capacity.size_cache(replace(demand(), peak=peak, hot_gb=hot), EVIDENCE)
    assert size.count * size.machine.memory_gb >= hot
    assert size.count * EVIDENCE.parameter("redis_ops") >= peak


@given(st.floats(0.1, 1e6))
def test_brokers_come_in_threes_and_bear_the_events(peak: float) -> None:
    count = capacity.brokers(replace(demand(), peak=peak, streaming=True), EVIDENCE)
    assert count % 3 == 0
    assert count * EVIDENCE.parameter("broker_events") >= peak


def test_one_machine_keeps_room_on_its_cores_and_its_disk() -> None:
    asked = replace(demand(), peak=60.0, average=20.0, data_gb=20.0)
    assert (small := capacity.fitting_machine(asked, EVIDENCE)) is not None
    assert (
        more := capacity.fitting_machine(replace(asked, data_gb=40.0), EVIDENCE)
    ) is not None
    assert more.memory_gb > small.memory_gb
    assert capacity.fitting_machine(replace(asked, data_gb=400.0), EVIDENCE) is None


def test_one_machine_is_not_advised_where_it_is_not_up_as_often_as_asked() -> None:
    strict = ServiceLevels(p95_ms=200, rps=100, error_rate=0.001)
    relaxed = recommend(requirements(**MVP), EVIDENCE)
    assert relaxed.stack["deployment"].choice == "one_machine"
    assert relaxed.capacity.availability.doubled == pytest.approx(
        1 - 0.005**2, abs=1e-6
    )
    assert (
        recommend(requirements(**MVP, slo=strict), EVIDENCE).stack["deployment"].choice
        == "ecs"
    )


def test_a_design_that_is_not_up_as_often_as_asked_says_so() -> None:
    strict = ServiceLevels(p95_ms=200, rps=100, error_rate=0.0001)
    said = [
        risk.risk
        for risk in recommend(requirements(**PLATFORM, slo=strict), EVIDENCE).risks
    ]
    assert any("less often than the service level" in risk for risk in said)
    said = [risk.risk for risk in recommend(requirements(**PLATFORM), EVIDENCE).risks]
    assert not any("less often than the service level" in risk for risk in said)
