"""The numbers of a recommendation: what the built architecture needs, and what every
candidate costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archgen.advisor import capacity
from archgen.advisor.availability import estimate_availability
from archgen.advisor.cost import Bill, Biller, Shape, break_even
from archgen.advisor.growth import find_ceilings, shard_month
from archgen.advisor.recommendation import (
    Beside,
    CandidateCost,
    Capacity,
    Cost,
    CostLine,
    DatabasePlan,
    FunctionPlan,
    TaskPlan,
    YearCost,
)
from archgen.advisor.stack import choose_cache, choose_database, keeps_rows
from archgen.advisor.units import HOURS_A_MONTH, a_month

if TYPE_CHECKING:
    from collections.abc import Callable

    from archgen.advisor.capacity import Demand
    from archgen.advisor.facts import Facts
    from archgen.advisor.recommendation import StackChoice
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements

STATED = (
    "cpu_ms",
    "event_cpu_ms",
    "wait_ms",
    "database_ms",
    "target_utilisation",
    "variability",
    "write_share",
    "ingest_write_share",
    "cache_hit_ratio",
    "hot_share",
    "lambda_mb",
    "lambda_ms",
    "postgres_plan_share",
)


@dataclass(frozen=True, slots=True)
class Design:
    """What is to be sized and billed: the demand on servers and on functions, which
    differ in their caches.

    `brokered`: a broker was chosen for events, be there a stream or not. `database`:
    the one that was asked for by its name.
    """

    evidence: Evidence
    facts: Facts
    streaming: bool
    services: int
    brokered: bool = False
    database: str = "auto"

    def demand(self, runtime: str, cpu_ms: float | None = None) -> Demand:
        cached = keeps_rows(choose_cache(self.facts, self.evidence, runtime))
        return capacity.estimate_demand(
            self.facts,
            self.evidence,
            cached=cached,
            streaming=self.streaming,
            cpu_ms=cpu_ms,
        )

    def shards(self, template: str) -> int:
        """How many shards a relational database of this needs; of one service, where
        there are several.
        """
        demand = self.demand("functions" if template == "serverless" else "servers")
        if template == "microservices":
            demand = demand.part(
                self.services, self.evidence.parameter("service_overhead")
            )
        return capacity.size_database(demand, 1, self.evidence).shards

    def _database(self, runtime: str) -> str:
        """The one that was asked for, where this runtime has it; else what would be
        advised.
        """
        if runtime == "functions" and self.database in ("postgresql", "dynamodb"):
            return self.database
        return choose_database(self.facts, self.evidence, runtime)

    def biller(self, runtime: str) -> Biller:
        cache = choose_cache(self.facts, self.evidence, runtime)
        shape = Shape(
            services=self.services,
            relational=self._database(runtime) == "postgresql",
            cached=keeps_rows(cache),
            edge=cache == "cloudfront",
            first_version=self.facts["scope"] == "mvp",
            rhythmic=self.facts["traffic_pattern"] in ("steady", "diurnal"),
            brokered=self.brokered,
        )
        return Biller(self.evidence, shape)


def fits_one_machine(
    facts: Facts, evidence: Evidence, *, streaming: bool, target: float
) -> bool:
    """Whether one machine carries application and database, and is up as often as asked
    for.
    """
    if streaming or evidence.parameter("availability_machine") < target:
        return False
    demand = capacity.estimate_demand(
        facts, evidence, cached=False, streaming=streaming
    )
    return capacity.fitting_machine(demand, evidence) is not None


def count_services(facts: Facts, parts: int, modules: int, evidence: Evidence) -> int:
    """How many services there would be: the parts that were named, else the modules,
    where neither is known the usual, at least one a team.
    """
    if max(parts, modules) > 1:
        return parts if parts > 1 else modules
    return max(
        int(evidence.parameter("services_default")),
        int(facts.number("autonomous_teams")),
    )


def has_broker(requirements: Requirements) -> bool:
    """Whether a broker was asked for by its name."""
    return requirements.stack.broker not in ("auto", "none", "queue")


def count_owned(facts: Facts, evidence: Evidence) -> int:
    """How many services the teams can own: so many a team, and no more than there are
    engineers.
    """
    of_teams = evidence.parameter("services_per_team") * facts.number(
        "autonomous_teams"
    )
    return max(1, int(min(of_teams, facts.number("team_size"))))


def choose_candidate(
    template: str, stack: dict[str, StackChoice], design: Design
) -> str:
    """The bill that the built architecture pays; of containers, where no machine is
    large enough for all of it.
    """
    if template != "monolith":
        return template
    if stack["deployment"].choice != "one_machine":
        return "containers"
    fits = design.biller("servers").one_machine(design.demand("servers")) is not None
    return "one_machine" if fits else "containers"


def size_capacity(
    design: Design, candidate: str, stack: dict[str, StackChoice], target: float
) -> Capacity:
    """What the built architecture needs at its peak, and when it outgrows that."""
    evidence = design.evidence
    on_functions = candidate in ("serverless", "managed_instances")
    whole = design.demand("functions" if on_functions else "servers")
    parts = design.services if candidate == "microservices" else 1
    demand = (
        whole.part(parts, evidence.parameter("service_overhead"))
        if parts > 1
        else whole
    )
    app = None if on_functions else capacity.size_app(demand, evidence)
    functions = capacity.size_functions(demand, evidence) if on_functions else None
    workers = app.workers if app else max(1, functions.concurrency if functions else 1)
    relational = stack["database"].choice in ("postgresql", "mongodb")
    machine = (
        capacity.fitting_machine(demand, evidence)
        if candidate == "one_machine"
        else None
    )
    shared = capacity.shared_database(machine, evidence) if machine else None
    database = (
        capacity.size_database(demand, workers, evidence, shared)
        if relational
        else None
    )
    cache = (
        capacity.size_cache(whole, evidence)
        if keeps_rows(stack["cache"].choice)
        else None
    )
    ceilings = find_ceilings(
        demand, evidence, machine=machine, database=database, functions=on_functions
    )
    in_flight = (
        app.in_flight * parts if app else functions.concurrency if functions else 0.0
    )
    return Capacity(
        assumptions={
            **{name: evidence.parameter(name) for name in STATED},
            "cpu_ms": capacity.estimate_cpu_ms(design.facts, evidence),
        },
        concurrency_in_flight=round(in_flight, 1),
        app_instances=None if app is None else 1 if machine else app.instances * parts,
        workers=app.workers * parts if app else None,
        tasks=None
        if app is None or machine
        else _task_plan(app, parts, demand, evidence),
        utilisation=round(app.utilisation, 3) if app else None,
        wait_p95_ms=round(app.wait_p95 * 1000, 1) if app else None,
        db_connections=database.connections * parts if database else None,
        pool_per_worker=max(1, database.connections // workers) if database else None,
        database=_database_plan(database, parts, demand, evidence)
        if database
        else None,
        cache_gb=round(cache.memory_gb, 1) if cache else None,
        cache_nodes=cache.count if cache else None,
        cache_machine=cache.machine.name if cache else None,
        shards=database.shards if database else None,
        shard_month=shard_month(demand, evidence)
        if database and database.shards == 1
        else None,
        functions=None
        if functions is None
        else FunctionPlan(
            concurrency=functions.concurrency,
            quota=functions.quota,
            within_default=functions.within_default,
        ),
        broker_partitions=capacity.broker_partitions(whole, evidence)
        if design.streaming
        else None,
        brokers=capacity.brokers(whole, evidence) if design.streaming else None,
        broker_machine=capacity.BROKER_MACHINE if design.streaming else None,
        broker_gb=evidence.parameter("msk_gb") if design.streaming else None,
        availability=estimate_availability(candidate, relational, target, evidence),
        growth_a_year=evidence.parameter("growth_a_year"),
        ceilings=ceilings,
        first_ceiling=ceilings[0] if ceilings else None,
    )


def _task_plan(
    app: capacity.App, services: int, demand: Demand, evidence: Evidence
) -> TaskPlan:
    vcpu = app.vcpu / app.instances
    quiet = capacity.size_app(replace(demand, peak=demand.average), evidence)
    return TaskPlan(
        services=services,
        vcpu=vcpu,
        memory_gb=capacity.GB_A_VCPU * vcpu,
        least=quiet.instances,
        most=app.instances,
        rps=round(
            evidence.parameter("target_utilisation")
            * app.workers
            / app.instances
            / demand.cpu,
            1,
        ),
    )


def _database_plan(
    database: capacity.Database, parts: int, demand: Demand, evidence: Evidence
) -> DatabasePlan:
    return DatabasePlan(
        machine=database.machine.name,
        primaries=parts * database.shards,
        demand_tps=float(f"{database.demand:.3g}"),
        capacity_tps=float(f"{database.capacity:.3g}"),
        limit=database.limit,
        replicas=database.replicas,
        max_connections=database.max_connections,
        pooler=database.pooler,
        cache_hit_needed=round(
            capacity.hit_ratio_needed(demand, database.capacity, evidence), 2
        ),
    )


def estimate_cost(design: Design, candidate: str) -> Cost:
    """The bill of every candidate that carries this, its range, and the people it
    takes.
    """
    book = design.evidence.prices
    servers, functions = design.biller("servers"), design.biller("functions")
    usual = None, *capacity.cpu_range(design.facts, design.evidence)
    on_servers, on_functions = (
        [design.demand(runtime, cpu) for cpu in usual]
        for runtime in ("servers", "functions")
    )
    bills: dict[str, list[Bill]] = {}
    machine = servers.one_machine(on_servers[0])
    if machine is not None:
        bills["one_machine"] = [
            machine,
            *(
                (servers.one_machine(d) or servers.containers(d))
                for d in on_servers[1:]
            ),
        ]
    bills["containers"] = [servers.containers(d) for d in on_servers]
    bills["microservices"] = [servers.microservices(d) for d in on_servers]
    bills["serverless"] = [functions.serverless(d) for d in on_functions]
    if design.facts["traffic_pattern"] in ("steady", "diurnal"):
        bills["managed_instances"] = [
            functions.managed_instances(d) for d in on_functions
        ]
    form = (
        candidate
        if candidate in ("one_machine", "containers")
        else "one_machine"
        if machine
        else "containers"
    )
    ordered = {"monolith": bills[form], "modular_monolith": bills[form], **bills}
    growth = design.evidence.parameter("growth_a_year")
    bill_of = {
        "one_machine": lambda f: (
            servers.one_machine(on_servers[0].times(f))
            or servers.containers(on_servers[0].times(f))
        ),
        "containers": lambda f: servers.containers(on_servers[0].times(f)),
        "microservices": lambda f: servers.microservices(on_servers[0].times(f)),
        "serverless": lambda f: functions.serverless(on_functions[0].times(f)),
        "managed_instances": lambda f: functions.managed_instances(
            on_functions[0].times(f)
        ),
    }
    months = {
        name: _priced(
            form if "mono" in name else name,
            found,
            a_month(on_servers[0].average) / 1e6,
            design,
        )
        for name, found in ordered.items()
    }
    crossing, cheaper = break_even(servers, functions, on_servers[0], on_functions[0])
    return Cost(
        currency=book.currency,
        region=book.region,
        as_of=book.as_of,
        candidate=candidate,
        per_month=months,
        beside=_beside(design.evidence, on_servers[0]),
        twelve_months={
            name: _year(months[name], bill_of[form if "mono" in name else name], growth)
            for name in ordered
        },
        break_even_rps=None if crossing is None else float(f"{crossing:.3g}"),
        cheaper_at_any_rate=cheaper,
    )


def _beside(evidence: Evidence, demand: capacity.Demand) -> Beside:
    cost = evidence.prices.cost
    requests = a_month(demand.average) / (
        evidence.parameter("event_batch") if demand.streaming else 1
    )
    memory = capacity.GB_A_VCPU * capacity.WORKER_VCPU
    worker = cost("fargate_vcpu", capacity.WORKER_VCPU * HOURS_A_MONTH) + cost(
        "fargate_gb", memory * HOURS_A_MONTH
    )
    broker = cost("msk_t3_small", HOURS_A_MONTH) + cost(
        "msk_gb", capacity.SMALL_BROKER_GB
    )
    return Beside(
        worker_vcpu=capacity.WORKER_VCPU,
        worker_memory_gb=memory,
        worker_usd=float(worker),
        broker_machine=capacity.SMALL_BROKER_MACHINE,
        broker_gb=capacity.SMALL_BROKER_GB,
        broker_usd=float(broker),
        firewall_usd=float(cost("waf_acl", 1) + cost("waf_request", requests)),
        firewall_rule_usd=float(cost("waf_rule", 1)),
    )


def _year(
    month: CandidateCost, bill: Callable[[float], Bill], growth: float
) -> YearCost:
    """Twelve months of this candidate, each quarter billed at the traffic of its
    middle.
    """
    total = sum(
        3 * float(bill(growth ** ((1.5 + 3 * quarter) / 12)).total)
        for quarter in range(4)
    )
    share = total / month.total if month.total else 0.0
    return YearCost(
        total=_two_digits(total),
        low=_two_digits(month.low * share),
        high=_two_digits(month.high * share),
        people_low=_two_digits(12 * month.people_usd_low),
        people_high=_two_digits(12 * month.people_usd_high),
    )


def _two_digits(usd: float) -> float:
    return float(f"{usd:.2g}")


def _priced(
    name: str, bills: list[Bill], millions: float, design: Design
) -> CandidateCost:
    number = design.evidence.parameter
    people = {
        "one_machine": number("fte_base"),
        "microservices": number("fte_managed")
        + number("fte_per_service") * design.services,
    }.get(name, number("fte_managed"))
    people += number("fte_broker") if design.streaming else 0.0
    totals = [float(bill.total) for bill in bills]
    return CandidateCost(
        total=totals[0],
        low=min(totals),
        high=max(totals),
        per_million_requests=float(f"{totals[0] / millions:.3g}"),
        people_fte=round(people, 2),
        people_usd_low=round(people * number("fte_usd_low"), -2),
        people_usd_high=round(people * number("fte_usd_high"), -2),
        lines=tuple(
            CostLine(item=line.item, usd=float(line.usd)) for line in bills[0].lines
        ),
    )
