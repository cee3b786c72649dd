"""W1 to W14: worked examples with known results, to the cent or to the digit given."""

from __future__ import annotations

from decimal import Decimal

import pytest

from archgen.advisor import queueing as q
from archgen.advisor.cost import compute_break_even, lambda_gb_seconds, lcu
from archgen.advisor.units import HOURS_A_MONTH, SECONDS_A_MONTH, per_day, per_minute
from archgen.evidence.schema import Evidence


def usd(text: str) -> Decimal:
    return Decimal(text)


def test_w1_functions_of_512_mb_and_350_ms(evidence: Evidence) -> None:
    cost = evidence.prices.cost
    work = lambda_gb_seconds(100_000, 350, 512)
    assert work == 17_500
    assert cost("lambda_requests", 100_000) == usd("0.02")
    assert cost("lambda_gb_second", work) == usd("0.29")
    assert cost("lambda_gb_second_arm", work) == usd("0.23")


def test_w2_the_tiers_of_functions(evidence: Evidence) -> None:
    price = evidence.prices.price
    work = lambda_gb_seconds(9e9, 1024, 1024)
    assert work == pytest.approx(9.216e9)
    assert evidence.prices.cost("lambda_requests", 9e9) == usd("1800.00")
    assert price["lambda_gb_second"].of(6e9) == usd("100000.2")
    assert evidence.prices.cost("lambda_gb_second", work) == usd("148240.20")
    assert evidence.prices.cost("lambda_requests", 9e9) + evidence.prices.cost(
        "lambda_gb_second", work
    ) == usd("150040.20")
    more = lambda_gb_seconds(15e9, 2048, 2048)
    assert evidence.prices.cost("lambda_requests", 15e9) == usd("3000.00")
    assert evidence.prices.cost("lambda_gb_second", more) == usd("100000.20") + usd(
        "135000"
    ) + usd("619203.10")


def test_w3_a_task_of_one_vcpu_and_2_gb(evidence: Evidence) -> None:
    cost = evidence.prices.cost
    assert (
        cost("fargate_vcpu", HOURS_A_MONTH),
        cost("fargate_gb", 2 * HOURS_A_MONTH),
    ) == (usd("29.55"), usd("6.49"))
    assert cost("fargate_vcpu", 5 * HOURS_A_MONTH) + cost(
        "fargate_gb", 10 * HOURS_A_MONTH
    ) == usd("180.20")


def test_w4_a_thousand_million_calls_through_a_gateway(evidence: Evidence) -> None:
    assert evidence.prices.cost("api_gateway_http", 1e9) == usd("300") + usd("630.00")
    assert (
        evidence.prices.cost("api_gateway_rest", 1e9)
        == usd("1165.50") + usd("1867.60")
        == usd("3033.10")
    )


def test_w5_a_balancer_and_1000_gb(evidence: Evidence) -> None:
    units = lcu(gb_a_month=1000, rps=0)
    assert units == pytest.approx(1.3699, abs=5e-5)
    assert evidence.prices.cost("alb_hour", HOURS_A_MONTH) == usd("16.43")
    assert evidence.prices.cost("alb_lcu", units * HOURS_A_MONTH) == usd("8.00")


def test_w6_a_nat_gateway_and_100_gb(evidence: Evidence) -> None:
    assert evidence.prices.cost("nat_hour", HOURS_A_MONTH) + evidence.prices.cost(
        "nat_gb", 100
    ) == usd("37.35")


def test_w7_dynamodb_on_demand(evidence: Evidence) -> None:
    cost = evidence.prices.cost
    lines = (
        cost("dynamodb_write", 3e6),
        cost("dynamodb_read", 8e6),
        cost("dynamodb_gb", 230),
    )
    assert lines == (usd("1.88"), usd("1.00"), usd("57.50"))
    assert sum(lines) == usd("60.38")


def test_w8_a_small_database_in_two_zones(evidence: Evidence) -> None:
    cost = evidence.prices.cost
    assert cost("rds_t4g_small_multi", HOURS_A_MONTH) + cost(
        "rds_gp3_gb_multi", 400
    ) == usd("139.45")
    assert cost("rds_iops_multi", 2000) == usd("80.00")


def test_w9_data_out_in_tiers_of_1024(evidence: Evidence) -> None:
    assert evidence.prices.cost("transfer_out", 57_000) == usd("921.60") + usd(
        "3481.60"
    ) + usd("406.00")


def test_w10_managed_kafka(evidence: Evidence) -> None:
    cost = evidence.prices.cost
    assert cost("msk_t3_small", 2 * HOURS_A_MONTH) + cost("msk_gb", 1000) == usd(
        "166.58"
    )
    assert cost("msk_m5_large", 3 * HOURS_A_MONTH) == usd("459.90")


def test_w11_functions_have_two_quotas(evidence: Evidence) -> None:
    busy = q.in_flight(20_000, 0.050)
    assert busy == 1000
    allowed = busy * evidence.parameter("lambda_rps_per_concurrency")
    assert allowed == 10_000 < 20_000
    assert max(busy, 20_000 / evidence.parameter("lambda_rps_per_concurrency")) == 2000


def test_w12_little_erlang_usl_and_series() -> None:
    assert q.in_flight(5250, 0.090) == pytest.approx(472.5)
    assert q.in_flight(200, 0.25) == 50
    assert q.erlang_b(10, 8) == pytest.approx(0.12166, abs=5e-6)
    assert q.erlang_c(10, 8) == pytest.approx(0.40918, abs=5e-6)
    assert q.mean_wait(10, 8, 0.080) * 1000 == pytest.approx(16.4, abs=0.05)
    best, most = q.usl_peak(0.02773, 0.0001044, 89.995)
    assert best == pytest.approx(96.5, abs=0.05)
    assert most == pytest.approx(1883.9, abs=0.5)
    assert q.in_series(*[0.999] * 5) == pytest.approx(0.99501, abs=5e-6)


@pytest.mark.parametrize(
    ("servers", "waiting", "mean", "p95"),
    [(9, 0.6533, 52.3, 206), (10, 0.40918, 16.4, 84.1), (12, 0.13984, 2.80, 20.6)],
)
def test_waiting_for_9_10_and_12_servers_at_8_erlangs(
    servers: int, waiting: float, mean: float, p95: float
) -> None:
    assert q.erlang_c(servers, 8) == pytest.approx(waiting, abs=5e-5)
    assert q.mean_wait(servers, 8, 0.080) * 1000 == pytest.approx(mean, abs=0.05)
    assert q.wait_quantile(servers, 8, 0.080, 0.95) * 1000 == pytest.approx(
        p95, abs=0.5
    )


def test_one_server_at_80_and_90_per_cent() -> None:
    assert q.mm1_response(0.050, 0.8) == pytest.approx(0.250)
    assert q.mm1_response(0.050, 0.9) == pytest.approx(0.500)
    assert q.mm1_quantile(0.050, 0.8, 0.95) == pytest.approx(0.749, abs=5e-4)
    assert q.wait_quantile(10, 8, 0.080, 0.99) * 1000 == pytest.approx(148.5, abs=0.1)


def test_minutes_of_downtime() -> None:
    assert q.minutes_down(0.999) == pytest.approx(43.2)
    assert q.minutes_down(0.9995) == pytest.approx(21.6)
    assert q.minutes_down(0.9999, 365.25) == pytest.approx(52.6, abs=0.05)
    assert q.minutes_down(q.in_series(*[0.999] * 5)) == pytest.approx(215.6, abs=0.05)
    assert q.minutes_down(q.in_series(*[0.999] * 10)) == pytest.approx(430, abs=0.5)
    assert q.minutes_down(q.in_series(0.9999, 0.9999, 0.9995)) == pytest.approx(
        30.2, abs=0.1
    )
    assert q.in_parallel(0.99, 2) == pytest.approx(0.9999)
    assert q.fan_out_tail(10) == pytest.approx(0.096, abs=5e-4)
    assert q.fan_out_tail(100) == pytest.approx(0.634, abs=5e-4)


def test_w13_rates_from_what_was_published() -> None:
    assert round(per_day(209_420_973)) == 2424
    assert round(per_day(504.8e6)) == 5843
    assert round(per_minute(32e6)) == 533_333
    assert round(per_day(100e6)) == 1157
    assert round(per_day(1.4e9)) == 16_204
    assert 33_000 / per_day(1.4e9) == pytest.approx(2.04, abs=0.005)
    assert SECONDS_A_MONTH == 2_628_000


def test_w14_concurrency_that_is_held(evidence: Evidence) -> None:
    held = 10 * 0.5 * SECONDS_A_MONTH
    assert held == 13.14e6
    assert evidence.prices.cost("lambda_provisioned_gb_second", held) == usd("54.75")


@pytest.mark.parametrize(
    ("mb", "ms", "per_million", "compute_only", "with_gateway"),
    [
        (128, 100, 0.4083, 33.6, 15.8),
        (512, 100, 1.0333, 13.3, 10.9),
        (512, 200, 1.8667, 7.3, 7.7),
        (1024, 200, 3.5333, 3.9, 4.9),
    ],
)
def test_the_break_even_follows_from_memory_and_duration(
    evidence: Evidence,
    mb: float,
    ms: float,
    per_million: float,
    compute_only: float,
    with_gateway: float,
) -> None:
    prices = evidence.prices.price
    million = prices["lambda_requests"].of(1e6) + prices["lambda_gb_second"].of(
        lambda_gb_seconds(1e6, ms, mb)
    )
    assert float(million) == pytest.approx(per_million, abs=5e-5)
    assert compute_break_even(evidence, mb, ms) == pytest.approx(compute_only, abs=0.05)
    assert compute_break_even(evidence, mb, ms, gateway=True) == pytest.approx(
        with_gateway, abs=0.05
    )


def test_none_of_the_wrong_figures_of_the_web_is_ours(evidence: Evidence) -> None:
    price, cost = evidence.prices.price, evidence.prices.cost
    assert price["lambda_requests"].of(1) != usd("0.0000020")
    task = cost("fargate_vcpu", HOURS_A_MONTH) + cost("fargate_gb", 2 * HOURS_A_MONTH)
    small = cost("fargate_vcpu", HOURS_A_MONTH / 4) + cost(
        "fargate_gb", HOURS_A_MONTH / 2
    )
    assert (task, small) == (usd("36.04"), usd("9.01")) != (usd("16"), usd("5"))
    assert price["api_gateway_rest"].tiers[0][0] == 333_000_000
    assert price["api_gateway_rest"].of(20_000_000_001) - price["api_gateway_rest"].of(
        20_000_000_000
    ) == usd("0.00000151")
    assert price["api_gateway_rest"].of(1_000_000_001) - price["api_gateway_rest"].of(
        1_000_000_000
    ) == usd("0.00000238")
    assert len(price["api_gateway_http"].tiers) == 2
    assert cost("lambda_provisioned_gb_second", 13.14e6) != usd("126")
    assert (price["dynamodb_write"].of(1e6), price["dynamodb_read"].of(1e6)) == (
        usd("0.625"),
        usd("0.125"),
    )
    assert (
        price["rds_t4g_small_multi"].of(1)
        == usd("0.065")
        != 2 * price["rds_t4g_small"].of(1)
    )


def test_a_price_has_a_source_and_a_day(evidence: Evidence) -> None:
    for name, price in evidence.prices.price.items():
        assert price.as_of <= "2026-11-22", name
        assert len(price.as_of) == 10, name
