"""What each candidate costs a month, line by line, exact to the cent; reports round it
and give the range.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil, exp, log
from typing import TYPE_CHECKING, Literal

from archgen.advisor.capacity import (
    BROKER_MACHINE,
    GB_A_VCPU,
    SMALL_BROKER_GB,
    SMALL_BROKER_MACHINE,
    SMALL_BROKERS,
    Demand,
    brokers,
    fitting_machine,
    size_app,
    size_cache,
    size_database,
    size_functions,
)
from archgen.advisor.units import HOURS_A_MONTH, a_month

if TYPE_CHECKING:
    from archgen.evidence.schema import Evidence

KB_A_GB = 1024 * 1024
MONTHLY = Decimal(HOURS_A_MONTH)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill in USD a month."""

    item: str
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.usd for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a design moves a bill, apart from its traffic."""

    services: int
    relational: bool
    cached: bool
    edge: bool
    first_version: bool
    rhythmic: bool
    brokered: bool = False


def lambda_gb_seconds(requests: float, ms: float, mb: float) -> float:
    """GB-seconds of so many invocations."""
    return requests * (ms / 1000) * (mb / 1024)


def lcu(gb_a_month: float, rps: float) -> float:
    """Load balancer capacity units: the largest of traffic (1 GB an hour) and new
    connections (25 a second, kept 10 requests).
    """
    return max(gb_a_month / HOURS_A_MONTH, rps / 10 / 25)


def compute_break_even(
    evidence: Evidence, mb: float, ms: float, *, gateway: bool = False
) -> float:
    """Requests a second at which functions cost as much as the smallest pair of tasks,
    with or without what is before them.
    """
    price = evidence.prices.price
    million = price["lambda_requests"].of(1e6) + price["lambda_gb_second"].of(
        lambda_gb_seconds(1e6, ms, mb)
    )
    floor = price["fargate_vcpu"].of(MONTHLY) + price["fargate_gb"].of(2 * MONTHLY)
    if gateway:
        million += price["api_gateway_http"].of(1e6)
        floor += price["alb_hour"].of(MONTHLY) + price["alb_lcu"].of(MONTHLY)
    return float(floor / million) * 1e6 / a_month(1)


class Biller:
    """Bills of the candidates for one shape of design, by the prices of the evidence."""

    def __init__(self, evidence: Evidence, shape: Shape) -> None:
        self.evidence = evidence
        self.shape = shape
        self._cost = evidence.prices.cost
        self._number = evidence.parameter

    def one_machine(self, demand: Demand) -> Bill | None:
        """Application, database and proxy on one machine; transfer, address and disk
        are in its price.
        """
        machine = fitting_machine(demand, self.evidence)
        if machine is None or demand.streaming:
            return None
        return Bill((Line(f"machine of {machine.name}", self._cost(machine.price, 1)),))

    def containers(self, demand: Demand) -> Bill:
        """One deployable: tasks in two zones behind a balancer, one database."""
        lines = [
            *self._tasks(demand, 1),
            *self._balancer(demand),
            *self._database(demand, 1),
            *self._cache(demand),
        ]
        return Bill(
            (
                *lines,
                *self._network(demand),
                *self._logs(demand, "log_kb", 1),
                *self._broker(demand),
            )
        )

    def microservices(self, demand: Demand) -> Bill:
        """Tasks and a database for each service, one balancer, a queue or a log between
        them.
        """
        count = self.shape.services
        part = demand.part(count, self._number("service_overhead"))
        lines = [
            *self._tasks(part, count),
            *self._balancer(demand),
            *self._database(part, count),
            *self._cache(demand),
        ]
        if not demand.streaming and not self.shape.brokered:
            lines.append(
                Line(
                    "queue",
                    self._cost(
                        "sqs_request", 3 * a_month(demand.average) * demand.write_share
                    ),
                )
            )
        overhead = self._number("service_overhead")
        return Bill(
            (
                *lines,
                *self._network(demand),
                *self._logs(demand, "log_kb", overhead),
                *self._broker(demand),
            )
        )

    def serverless(self, demand: Demand) -> Bill:
        """Functions behind a gateway; DynamoDB, or a relational database with the
        network that it needs.
        """
        work = lambda_gb_seconds(
            self._invocations(demand), demand.function * 1000, self._number("lambda_mb")
        )
        compute = Line("functions: compute", self._cost("lambda_gb_second", work))
        return Bill((compute, *self._around_functions(demand)))

    def _around_functions(self, demand: Demand) -> list[Line]:
        """What functions need wherever they run."""
        calls = self._invocations(demand)
        lines = [Line("functions: requests", self._cost("lambda_requests", calls))]
        if not demand.streaming:
            lines.append(Line("gateway", self._cost("api_gateway_http", calls)))
            if self.shape.edge:
                lines.append(
                    Line("CDN: requests", self._cost("cloudfront_request", calls))
                )
        lines += (
            self._relational(demand)
            if self.shape.relational
            else self._dynamodb(demand)
        )
        lines += [*self._cache(demand), Line("transfer", self._transfer(demand))]
        return [
            *lines,
            *self._logs(demand, "log_kb_function", 1),
            *self._kinesis(demand),
        ]

    def _invocations(self, demand: Demand) -> float:
        """Invocations a month: one a request, one a batch of events."""
        return a_month(demand.average) / (
            self._number("event_batch") if demand.streaming else 1
        )

    def managed_instances(self, demand: Demand) -> Bill:
        """The functions' code on machines that the platform runs: on-demand and 15 %, a
        process a request.
        """
        number = self._number
        processes = 8192 / number("lambda_mb")
        batch = number("event_batch") if demand.streaming else 1
        by_memory = (
            demand.peak
            / batch
            * demand.function
            / (processes * number("target_utilisation"))
        )
        by_cpu = demand.peak * demand.cpu / (2 * number("target_utilisation"))
        count = max(
            int(number("managed_instances_least")), ceil(by_memory), ceil(by_cpu)
        )
        machine = self._cost("ec2_t3_large", count * MONTHLY)
        premium = Decimal(str(number("managed_instance_premium"))) * machine
        lines = [Line(f"managed instances, {count}", premium.quantize(Decimal("0.01")))]
        return Bill((*lines, *self._around_functions(demand)))

    def _tasks(self, demand: Demand, count: int) -> list[Line]:
        app = size_app(demand, self.evidence)
        vcpu = app.vcpu
        if self.shape.rhythmic:
            quiet = size_app(replace(demand, peak=demand.average), self.evidence).vcpu
            vcpu -= self._number("autoscaled_share") * (vcpu - quiet)
        paid = Decimal(str(vcpu)) * count
        usd = self._cost("fargate_vcpu", paid * MONTHLY) + self._cost(
            "fargate_gb", GB_A_VCPU * paid * MONTHLY
        )
        return [Line(f"compute, up to {app.instances * count} tasks", usd)]

    def _balancer(self, demand: Demand) -> list[Line]:
        units = lcu(self._gb_out(demand), demand.average)
        usd = self._cost("alb_hour", MONTHLY) + self._cost(
            "alb_lcu", units * HOURS_A_MONTH
        )
        return [
            Line("load balancer", usd),
            Line("public addresses", self._cost("ipv4_hour", 2 * MONTHLY)),
        ]

    def _database(self, demand: Demand, count: int) -> list[Line]:
        size = size_database(
            demand, size_app(demand, self.evidence).workers, self.evidence
        )
        book = self.evidence.prices.price
        single = self.shape.first_version and size.machine.price in book
        suffix = "" if single else "_multi"
        copies = count * size.shards * (1 + size.replicas)
        stored = max(20.0 * size.shards, demand.data_gb) * count
        usd = self._cost(size.machine.price + suffix, copies * MONTHLY)
        disk = self._cost("rds_gp3_gb" + suffix, stored * (1 + size.replicas))
        large = demand.data_gb / size.shards >= 400
        included = self._number(
            "iops_included_from_400_gb" if large else "iops_included"
        )
        extra = max(0.0, size.iops - included) * copies
        lines = [
            Line(f"database, {copies} {size.machine.name}", usd),
            Line("database: disk", disk),
        ]
        if extra > 0:
            lines.append(Line("database: I/O", self._cost("rds_iops_multi", extra)))
        return lines

    def _relational(self, demand: Demand) -> list[Line]:
        return [*self._database(demand, 1), self._proxy(demand), self._endpoints()]

    def _proxy(self, demand: Demand) -> Line:
        """What shares connections: a burst of functions wants one each, however few
        they are on average.
        """
        busy = size_functions(demand, self.evidence).concurrency
        database = size_database(demand, busy, self.evidence)
        hours = (
            max(database.machine.vcpu, self._number("proxy_vcpu_least"))
            * database.shards
            * HOURS_A_MONTH
        )
        return Line("connection proxy", self._cost("rds_proxy_vcpu_hour", hours))

    def _endpoints(self) -> Line:
        """How functions in the database's network ask AWS; there is no NAT, since they
        ask nobody else.
        """
        hours = self._number("function_endpoints") * HOURS_A_MONTH
        return Line("network endpoints", self._cost("vpc_endpoint_hour", hours))

    def _dynamodb(self, demand: Demand) -> list[Line]:
        requests = a_month(demand.average)
        writes = requests * demand.write_share * self._number("dynamodb_units_a_write")
        reads = (
            requests
            * demand.read_share
            * (1 - demand.hit_ratio)
            * self._number("dynamodb_units_a_read")
        )
        usd = self._cost("dynamodb_write", writes) + self._cost("dynamodb_read", reads)
        return [
            Line("database: requests", usd),
            Line("database: storage", self._cost("dynamodb_gb", demand.data_gb)),
        ]

    def _cache(self, demand: Demand) -> list[Line]:
        if not self.shape.cached:
            return []
        nodes = size_cache(demand, self.evidence)
        usd = self._cost(nodes.machine.price, nodes.count * MONTHLY)
        return [Line(f"cache, {nodes.count} {nodes.machine.name}", usd)]

    def _network(self, demand: Demand) -> list[Line]:
        return [*self._nat(demand), Line("transfer", self._transfer(demand))]

    def _nat(self, demand: Demand) -> list[Line]:
        passed = self._gb_out(demand) * self._number("nat_share")
        return [
            Line("NAT", self._cost("nat_hour", MONTHLY) + self._cost("nat_gb", passed))
        ]

    def _transfer(self, demand: Demand) -> Decimal:
        return self._cost("transfer_out", self._gb_out(demand))

    def _gb_out(self, demand: Demand) -> float:
        """What leaves for the internet; events that are taken in send nothing back
        worth counting.
        """
        return (
            0.0
            if demand.streaming
            else a_month(demand.average) * self._number("response_kb") / KB_A_GB
        )

    def _logs(self, demand: Demand, size: str, times: float) -> list[Line]:
        sampled = 0.01 if demand.streaming else 1.0
        gb = a_month(demand.average) * self._number(size) * times * sampled / KB_A_GB
        return [Line("logs", self._cost("logs_gb", gb))]

    def _broker(self, demand: Demand) -> list[Line]:
        if demand.streaming:
            count = brokers(demand, self.evidence)
            disk = self._cost("msk_gb", count * self._number("msk_gb"))
            return [
                Line(
                    f"broker, {count} {BROKER_MACHINE}",
                    self._cost("msk_m5_large", count * MONTHLY) + disk,
                )
            ]
        if self.shape.brokered:
            usd = self._cost("msk_t3_small", SMALL_BROKERS * MONTHLY)
            disk = self._cost("msk_gb", SMALL_BROKERS * SMALL_BROKER_GB)
            return [Line(f"broker, {SMALL_BROKERS} {SMALL_BROKER_MACHINE}", usd + disk)]
        return []

    def _kinesis(self, demand: Demand) -> list[Line]:
        if not demand.streaming:
            return []
        shards = ceil(demand.peak / 1000)
        usd = self._cost("kinesis_shard_hour", shards * MONTHLY) + self._cost(
            "kinesis_put", a_month(demand.average)
        )
        return [Line(f"stream, {shards} shards", usd)]


def break_even(
    servers: Biller, functions: Biller, on_servers: Demand, on_functions: Demand
) -> tuple[float | None, Literal["containers", "serverless"] | None]:
    """The average rate at which functions and tasks cost the same for this very
    workload, its peak growing along.

    Below it functions are cheaper. When they do not cross between a request a minute
    and 30,000 a second, which of them is the cheaper one throughout.
    """
    low, high = log(1 / 60), log(30_000.0)

    def dearer(rate: float) -> bool:
        factor = rate / on_servers.average
        on_demand = functions.serverless(on_functions.times(factor)).total
        return on_demand > servers.containers(on_servers.times(factor)).total

    if dearer(exp(low)):
        return None, "containers"
    if not dearer(exp(high)):
        return None, "serverless"
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (low, middle) if dearer(exp(middle)) else (middle, high)
    return exp((low + high) / 2), None
