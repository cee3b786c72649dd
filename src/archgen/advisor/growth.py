"""Growth: which ceiling is hit first, and in which month."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from archgen.advisor.capacity import database_capacity, machine_limits
from archgen.advisor.recommendation import Ceiling

if TYPE_CHECKING:
    from archgen.advisor.capacity import Database, Demand
    from archgen.evidence.schema import Evidence, Machine

UPKEEP = {"cpu": "CPU", "iops": "I/O"}
SHARD = "partition by module, then shard"


def months_until(now: float, limit: float, growth_a_year: float) -> float:
    """Months of exponential growth from now to the limit; 0 when it is reached already."""
    return max(0.0, 12 * log(limit / now) / log(growth_a_year))


Found = tuple[str, str, float, float, str]  # what, unit, now, limit, what then
PEAK, DATA = "requests/s at peak", "GB"


def machine_ceilings(
    machine: Machine, demand: Demand, evidence: Evidence
) -> list[Found]:
    """What a single machine bears, and what the largest of its kind does."""

    def of(one: Machine, name: str, then: str) -> list[Found]:
        limits = machine_limits(one, demand, evidence)
        return [
            (f"{name}, bursts", PEAK, demand.peak, limits.peak, then),
            (f"{name}, sustained", "requests/s", demand.average, limits.average, then),
            (f"{name}, disk", DATA, demand.data_gb, limits.data_gb, then),
        ]

    largest = evidence.machines.machine[-1]
    found = of(largest, "one machine", "two instances behind a balancer")
    if machine.name != largest.name:
        own = of(machine, f"machine of {machine.name}", "the next larger machine")
        found.append(min(own, key=lambda f: f[3] / f[2]))
    return found


def database_ceilings(
    database: Database, demand: Demand, evidence: Evidence
) -> list[Found]:
    """What the primaries bear as they are, and what a single one ever does."""
    number = evidence.parameter
    top = evidence.machines.database[-1]
    largest = database.machine.name == top.name
    here = (
        demand.peak
        * database.capacity
        * (1 + database.replicas)
        / max(database.demand, 1e-9)
    )
    then = (
        "the next larger database"
        if not largest
        else "a replica for reads, or more shards for writes"
    )
    found: list[Found] = [
        (
            f"{database.machine.name}, {UPKEEP[database.limit]}",
            PEAK,
            demand.peak,
            here,
            then,
        )
    ]
    if database.shards > 1:
        held = number("postgres_shard_gb") * database.shards
        return [
            *found,
            (
                f"data of {database.shards} shards",
                DATA,
                demand.data_gb,
                held,
                "more shards",
            ),
        ]
    return [*found, *primary_ceilings(demand, evidence)]


def primary_ceilings(demand: Demand, evidence: Evidence) -> list[Found]:
    """What a single primary of the largest size bears."""
    number = evidence.parameter
    top = evidence.machines.database[-1]
    most = database_capacity(top, demand.data_gb, evidence)[0] * number(
        "postgres_shard_share"
    )
    rate = demand.peak * most / max(demand.writes, 1e-9)
    return [
        ("writes of one primary", PEAK, demand.peak, rate, SHARD),
        (
            "data of one primary",
            DATA,
            demand.data_gb,
            number("postgres_shard_gb"),
            SHARD,
        ),
    ]


def shard_month(demand: Demand, evidence: Evidence) -> float:
    """The month from which a single primary is not enough."""
    growth = evidence.parameter("growth_a_year")
    return round(
        min(
            months_until(now, limit, growth)
            for _, _, now, limit, _ in primary_ceilings(demand, evidence)
        ),
        1,
    )


def find_ceilings(
    demand: Demand,
    evidence: Evidence,
    *,
    machine: Machine | None,
    database: Database | None,
    functions: bool,
) -> tuple[Ceiling, ...]:
    """What stops this design as traffic and data grow, soonest first."""
    number = evidence.parameter
    growth = number("growth_a_year")
    found: list[tuple[str, str, float, float, str]] = []
    if machine is not None:
        found += machine_ceilings(machine, demand, evidence)
    elif database is not None:
        found += database_ceilings(database, demand, evidence)
    if functions:
        quota = number("lambda_concurrency_quota")
        busy = demand.peak * demand.function
        rate = quota * number("lambda_rps_per_concurrency")
        found.append(
            ("concurrent functions", "at once", busy, quota, "ask for a higher quota")
        )
        found.append(
            (
                "requests to functions",
                "requests/s at peak",
                demand.peak,
                rate,
                "ask for a higher quota",
            )
        )
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
