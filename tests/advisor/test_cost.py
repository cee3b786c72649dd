from __future__ import annotations

from pathlib import Path

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
from archgen.advisor.sizing import Design, count_services
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.errors import InputError
from archgen.evidence.loader import load_evidence
from archgen.evidence.schema import Evidence
from archgen.reports.labels import shape
from archgen.requirements import Requirements

EVIDENCE = load_evidence()


@settings(max_examples=60)
@given(any_requirements())
def test_a_total_is_the_sum_of_its_lines_and_lies_in_its_range(
    asked: Requirements,
) -> None:
    cost = recommend(asked, EVIDENCE).cost
    assert {"monolith", "microservices", "serverless"} <= set(cost.per_month)
    assert cost.candidate in cost.per_month
    for bill in cost.per_month.values():
        assert bill.total == pytest.approx(
            sum(line.usd for line in bill.lines), abs=0.005
        )
        assert bill.low <= bill.total <= bill.high
        assert all(line.usd >= 0 for line in bill.lines)


@settings(max_examples=60)
@given(any_requirements(), st.floats(1.01, 50))
def test_more_traffic_never_costs_less(asked: Requirements, times: float) -> None:
    facts = derive_facts(asked, EVIDENCE)
    facts.update(partition="one", dataflow="calls")
    design = Design(EVIDENCE, facts, False, count_services(facts, 0, 0, EVIDENCE))
    for runtime, names in {
        "servers": ("containers", "microservices"),
        "functions": ("serverless",),
    }.items():
        biller, now = design.biller(runtime), design.demand(runtime)
        for name in names:
            bill = getattr(biller, name)
            assert bill(now.times(times)).total >= bill(now).total, name


@settings(max_examples=60)
@given(any_requirements())
def test_the_bill_is_of_what_the_capacity_says(asked: Requirements) -> None:
    advice = recommend(asked, EVIDENCE)
    lines = " ".join(
        line.item for line in advice.cost.per_month[advice.cost.candidate].lines
    )
    plan = advice.capacity
    if advice.cost.candidate == "one_machine":
        assert lines.startswith("machine of")
        assert plan.app_instances == 1
        return
    if plan.app_instances is not None:
        assert f"up to {plan.app_instances} tasks" in lines
    if plan.database is not None:
        count = plan.database.primaries * (1 + plan.database.replicas)
        assert f"database, {count} {plan.database.machine}" in lines
    if plan.cache_nodes is not None:
        assert f"cache, {plan.cache_nodes} " in lines
    assert ("cache" in lines) == (plan.cache_nodes is not None)
    assert ("broker" in lines or "stream" in lines) == advice.event_streaming


def test_when_functions_and_containers_never_cross_the_cheaper_one_is_named() -> None:
    rare = {
        "traffic_rps_avg": 0.005,
        "traffic_rps_peak": 1.0,
        "traffic_pattern": "rare",
        "relational_needs": "low",
    }
    cost = recommend(requirements(**rare, data_gb=1.0), EVIDENCE).cost
    assert cost.break_even_rps is None
    assert cost.cheaper_at_any_rate == "serverless"
    assert recommend(requirements(), EVIDENCE).cost.cheaper_at_any_rate is None


def test_events_that_are_taken_in_are_not_read_back_one_by_one() -> None:
    events = recommend(requirements(**REALTIME), EVIDENCE)
    assert events.capacity.database is not None
    assert (
        events.capacity.database.demand_tps
        < 0.1 * requirements(**REALTIME).traffic_rps_peak
    )


def test_a_small_monolith_is_billed_as_one_machine() -> None:
    cost = recommend(requirements(**MVP), EVIDENCE).cost
    assert cost.candidate == "one_machine"
    assert 12 <= cost.per_month["monolith"].total <= 44
    assert cost.per_month["containers"].total >= 90


def test_what_no_machine_carries_has_no_bill_for_one() -> None:
    assert (
        "one_machine"
        not in recommend(requirements(**PLATFORM), EVIDENCE).cost.per_month
    )


def test_spiky_traffic_has_no_bill_for_managed_instances() -> None:
    assert (
        "managed_instances"
        not in recommend(requirements(**SOCIAL), EVIDENCE).cost.per_month
    )
    assert "managed_instances" in recommend(requirements(), EVIDENCE).cost.per_month


def test_at_the_break_even_both_cost_the_same() -> None:
    asked = requirements()
    found = recommend(asked, EVIDENCE).cost.break_even_rps
    assert found is not None
    facts = derive_facts(asked, EVIDENCE)
    facts.update(recommended_runtime="servers", partition="one", dataflow="calls")
    design = Design(EVIDENCE, facts, False, count_services(facts, 0, 0, EVIDENCE))
    factor = found / asked.traffic_rps_avg
    containers = (
        design.biller("servers")
        .containers(design.demand("servers").times(factor))
        .total
    )
    functions = (
        design.biller("functions")
        .serverless(design.demand("functions").times(factor))
        .total
    )
    assert float(functions) == pytest.approx(float(containers), rel=0.03)


def test_the_people_are_stated_apart_from_the_bill() -> None:
    bill = recommend(requirements(**PLATFORM), EVIDENCE).cost.per_month["microservices"]
    assert bill.people_fte == pytest.approx(1.0)
    assert (bill.people_usd_low, bill.people_usd_high) == (12_000, 20_000)
    assert not any("people" in line.item for line in bill.lines)


def test_the_users_own_prices_replace_ours(tmp_path: Path) -> None:
    book = tmp_path / "mine.toml"
    book.write_text('as_of = "2026-12-01"\n[price.machine_small]\ntiers = [[9]]\n')
    own = load_evidence(book)
    cost = recommend(requirements(**MVP), own).cost
    assert cost.per_month["one_machine"].total == 9
    assert cost.as_of == "2026-12-01"
    assert own.prices.price["machine_medium"] == EVIDENCE.prices.price["machine_medium"]
    assert (
        own.cite(own.prices.price["machine_small"]) == f"mine.toml (2026-12-01), {book}"
    )


@pytest.mark.parametrize(
    ("text", "where", "hint"),
    [
        (
            "[price.machine_smal]\ntiers = [[9]]\n",
            "price.machine_smal",
            "did you mean machine_small",
        ),
        ("[price.machine_small]\ntiers = [[-9]]\n", "price.machine_small", None),
        ("[price.machine_small]\ntiers = [[1, 2]]\n", "price.machine_small", None),
        ("price = 3\n", "price", "[price.fargate_vcpu]"),
        ("colour = 3\n", "colour", "currency, region, as_of, price"),
    ],
)
def test_a_price_book_with_a_mistake_is_refused_with_the_place(
    tmp_path: Path, text: str, where: str, hint: str | None
) -> None:
    book = tmp_path / "mine.toml"
    book.write_text(text)
    with pytest.raises(InputError) as refused:
        load_evidence(book)
    assert refused.value.mistakes[0].where == where
    if hint is not None:
        assert refused.value.mistakes[0].hint == hint


@pytest.mark.parametrize("text", ["not toml at all", ""])
def test_a_file_that_is_no_price_book_is_refused_or_changes_nothing(
    tmp_path: Path, text: str
) -> None:
    book = tmp_path / "mine.toml"
    book.write_text(text)
    if text:
        with pytest.raises(InputError, match="mine"):
            load_evidence(book)
    else:
        assert load_evidence(book).prices == EVIDENCE.prices
    with pytest.raises(InputError):
        load_evidence(tmp_path / "missing.toml")


def test_every_price_is_billed_somewhere_or_part_of_a_worked_example_or_told_in_a_projects_docs(
    evidence: Evidence,
) -> None:
    advisor = Path(__file__).parents[2] / "src/archgen/advisor"
    source = "".join(
        (advisor / name).read_text() for name in ("cost.py", "sizing.py")
    )  # bills, and what lies beside
    examples = Path(__file__).with_name("test_worked_examples.py").read_text()
    told = (
        (Path(__file__).parents[1] / "functions/test_starting.py")
        .read_text()
        .replace("'", '"')
    )
    rented = {
        m.price
        for kind in ("database", "machine", "cache")
        for m in getattr(evidence.machines, kind)
    }
    for name in evidence.prices.price:
        base = name.removesuffix("_multi")
        assert (
            f'"{name}"' in source + examples + told
            or base in rented
            or f'"{base}"' in source
        ), name


def test_a_measured_cpu_time_takes_the_place_of_the_assumed_one_and_narrows_the_range() -> (
    None
):
    assumed = recommend(requirements(), EVIDENCE)
    same = recommend(requirements(cpu_ms=5.0), EVIDENCE)
    slow = recommend(requirements(cpu_ms=15.0), EVIDENCE)
    assert (
        same.cost.per_month["containers"].total
        == assumed.cost.per_month["containers"].total
    )
    assert (
        slow.cost.per_month["containers"].total
        > same.cost.per_month["containers"].total
    )
    assert (slow.capacity.workers or 0) > 2 * (same.capacity.workers or 0)
    assert slow.capacity.assumptions["cpu_ms"] == 15.0
    wide, narrow = (r.cost.per_month["containers"] for r in (assumed, same))
    assert narrow.high - narrow.low < wide.high - wide.low
    assert same.architecture == assumed.architecture


def test_a_measured_cpu_time_of_an_event_is_the_events_own() -> None:
    heavy = recommend(requirements(**REALTIME, cpu_ms=3.0), EVIDENCE).capacity
    light = recommend(requirements(**REALTIME), EVIDENCE).capacity
    assert (heavy.workers or 0) > 5 * (light.workers or 0)


def test_a_broker_that_was_asked_for_is_in_the_bill_and_in_the_words_without_a_stream_too() -> (
    None
):
    """In the place of the queue that it makes needless; where there is a stream, its
    own brokers are there already.
    """
    usual = requirements(architecture="microservices")
    asked = usual.model_copy(
        update={"stack": usual.stack.model_copy(update={"broker": "kafka"})}
    )
    for name in ("containers", "microservices"):
        without, brokered = (
            recommend(one, EVIDENCE).cost.per_month[name] for one in (usual, asked)
        )
        items = {line.item: line.usd for line in brokered.lines}
        broker = 3 * (0.0456 * 730 + 100 * 0.10)
        assert (
            items["broker, 3 t3.small"] == pytest.approx(broker, abs=0.01)
            and "queue" not in items
        )
        queue = sum(line.usd for line in without.lines if line.item == "queue")
        assert brokered.total == pytest.approx(without.total + broker - queue, abs=0.02)
    assert shape(recommend(asked, EVIDENCE)).endswith("events by kafka, as chosen")
    assert shape(recommend(usual, EVIDENCE)).endswith("no event stream")


def test_services_are_the_modules_of_the_domain_that_was_told_and_not_the_teams() -> (
    None
):
    """What each bears at the peak is what comes, by as many."""
    many = {
        "architecture": "microservices",
        "team_size": 40,
        "teams": 5,
        "traffic_rps_avg": 500,
        "traffic_rps_peak": 2000,
    }
    for modules, count in ((4, 4), (7, 7), (0, 5)):
        advice = recommend(requirements(**many, modules=modules), EVIDENCE)
        assert (
            advice.capacity.tasks is not None
            and advice.capacity.tasks.services == count
        )
        assert {
            c.now for c in advice.capacity.ceilings if c.unit == "requests/s at peak"
        } == {round(2000 / count)}
    told = resolve([from_record({"preset": "ecommerce", "teams": 5})]).requirements
    assert (
        told.modules == 4
        and resolve([from_record({"teams": 5})]).requirements.modules == 0
    )


def test_the_firewall_costs_by_its_rules_and_by_the_requests_that_it_looks_at() -> None:
    beside = recommend(requirements(traffic_rps_avg=10), EVIDENCE).cost.beside
    assert beside.firewall_usd == pytest.approx(
        5 + 0.60 * 10 * 730 * 3600 / 1e6, abs=0.01
    )
    assert beside.firewall_rule_usd == 1
