"""Availability of a design, and growth: which ceiling is hit first, and in which month."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from archgen.advisor import queueing
from archgen.advisor.capacity import database_capacity
from archgen.advisor.recommendation import Availability, Ceiling

if TYPE_CHECKING:
    from archgen.advisor.capacity import Database, Demand
    from archgen.advisor.knowledge import Evidence, Machine

UPKEEP = {"cpu": "CPU", "iops": "I/O"}


def availability_of(candidate: str, relational: bool, target: float, evidence: Evidence) -> Availability:
    """The parts that every request needs, in series."""
    number = evidence.parameter
    database = number("availability_rds_multi" if relational else "availability_dynamodb")
    if candidate == "one_machine":
        expected = number("availability_machine")
    elif candidate in ("serverless", "managed_instances"):
        expected = queueing.in_series(number("availability_api_gateway"), number("availability_lambda"), database)
    elif candidate == "microservices":
        services = [number("availability_service")] * int(number("sync_depth"))
        expected = queueing.in_series(number("availability_alb"), *services)
    else:
        expected = queueing.in_series(number("availability_alb"), number("availability_fargate"), database)
    return Availability(
        expected=round(expected, 6),
        target=target,
        minutes_down=round(queueing.minutes_down(expected), 1),
        meets=expected >= target,
    )


def months_until(now: float, limit: float, growth_a_year: float) -> float:
    """Months of exponential growth from now to the limit; 0 when it is reached already."""
    return max(0.0, 12 * log(limit / now) / log(growth_a_year))


def ceilings_of(
    demand: Demand, evidence: Evidence, *, machine: Machine | None, database: Database | None, functions: bool
) -> tuple[Ceiling, ...]:
    """What stops this design as traffic and data grow, soonest first."""
    number = evidence.parameter
    growth = number("growth_a_year")
    found: list[tuple[str, str, float, float, str]] = []
    if machine is not None:
        largest = evidence.machines.machine[-1]
        each = demand.cpu * (1 + number("machine_database_share"))
        bursts = largest.vcpu * number("target_utilisation") / each
        lasts = largest.sustained / each
        found.append(
            ("one machine, bursts", "requests/s at peak", demand.peak, bursts, "two instances behind a balancer")
        )
        found.append(("one machine, sustained", "requests/s", demand.average, lasts, "two instances behind a balancer"))
    elif database is not None:
        here = demand.peak * database.capacity / max(database.demand, 1e-9)
        name = f"{database.machine.name}, {UPKEEP[database.limit]}"
        found.append((name, "requests/s at peak", demand.peak, here, "the next larger database"))
        if database.shards == 1:
            top = evidence.machines.database[-1]
            most = database_capacity(top, demand.data_gb, evidence)[0] * number("postgres_shard_share")
            rate = demand.peak * most / max(demand.writes, 1e-9)
            found.append(
                ("writes of one primary", "requests/s at peak", demand.peak, rate, "partition by module, then shard")
            )
    if database is not None and database.shards == 1:
        found.append(
            (
                "data of one primary",
                "GB",
                demand.data_gb,
                number("postgres_shard_gb"),
                "partition by module, then shard",
            )
        )
    if functions:
        quota = number("lambda_concurrency_quota")
        busy = demand.peak * demand.function
        rate = quota * number("lambda_rps_per_concurrency")
        found.append(("concurrent functions", "at once", busy, quota, "ask for a higher quota"))
        found.append(("requests to functions", "requests/s at peak", demand.peak, rate, "ask for a higher quota"))
    ceilings = [
        Ceiling(
            what=what,
            unit=unit,
            now=float(f"{now:.3g}"),
            limit=float(f"{limit:.3g}"),
            month=round(months_until(now, limit, growth), 1),
            then=then,
        )
        for what, unit, now, limit, then in found
    ]
    return tuple(sorted(ceilings, key=lambda c: c.month))
