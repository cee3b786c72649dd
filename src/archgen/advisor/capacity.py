"""From traffic to instances: how much of everything an architecture needs at its peak.

Rates are per second, times in seconds unless named ms, memory and data in GB. Every
assumption is a parameter of the evidence and printed with the result; the largest
uncertainty is the CPU time of a request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, log
from typing import TYPE_CHECKING

from archgen.advisor import queueing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archgen.advisor.facts import Facts
    from archgen.evidence.schema import Evidence, Machine

GIB = 2**30
MOST_CONNECTIONS = 5000
GB_A_VCPU = 2  # of a task
BROKER_MACHINE = "m5.large"
# a process without requests, which an owner has beside the bill, and a broker where
# events are few
WORKER_VCPU = 0.25
SMALL_BROKERS, SMALL_BROKER_MACHINE, SMALL_BROKER_GB = 3, "t3.small", 100.0


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of the system, at the peak and on average."""

    average: float
    peak: float
    cpu: float
    wait: float
    function: float
    latency: float
    write_share: float
    read_share: float
    hit_ratio: float
    data_gb: float
    hot_gb: float
    streaming: bool

    @property
    def writes(self) -> float:
        return self.peak * self.write_share

    @property
    def reads(self) -> float:
        """Reads that reach the database."""
        return self.peak * self.read_share * (1 - self.hit_ratio)

    def part(self, count: int, overhead: float) -> Demand:
        """One of `count` equal services, whose calls to each other add to its work."""
        return replace(
            self,
            average=self.average / count,
            peak=self.peak / count,
            cpu=self.cpu * overhead,
            data_gb=self.data_gb / count,
            hot_gb=self.hot_gb / count,
        )

    def times(self, factor: float) -> Demand:
        """The same shape at another volume."""
        return replace(self, average=self.average * factor, peak=self.peak * factor)


def estimate_demand(
    facts: Facts,
    evidence: Evidence,
    *,
    cached: bool,
    streaming: bool,
    cpu_ms: float | None = None,
) -> Demand:
    """What these facts ask for; `cpu_ms` in place of the CPU time of a request that was
    measured, else assumed.
    """
    number = evidence.parameter
    measured = estimate_cpu_ms(facts, evidence)
    scale = (measured if cpu_ms is None else cpu_ms) / number("cpu_ms")
    cpu = scale * number(
        "event_cpu_ms" if streaming and "cpu_ms" not in facts else "cpu_ms"
    )
    data_gb = facts.number("data_gb")
    return Demand(
        average=facts.number("traffic_rps_avg"),
        peak=facts.number("traffic_rps_peak"),
        cpu=cpu / 1000,
        wait=number("wait_ms") / 1000,
        function=number("lambda_ms") / 1000 * _root(scale),
        latency=facts.number("latency_ms_target") / 1000,
        write_share=number("ingest_write_share" if streaming else "write_share"),
        read_share=number("ingest_read_share")
        if streaming
        else 1 - number("write_share"),
        hit_ratio=number("cache_hit_ratio") if cached else 0.0,
        data_gb=data_gb,
        hot_gb=data_gb * number("ingest_hot_share" if streaming else "hot_share"),
        streaming=streaming,
    )


def estimate_cpu_ms(facts: Facts, evidence: Evidence) -> float:
    """Milliseconds of CPU that a request takes: as measured, else as assumed."""
    return facts.number("cpu_ms") if "cpu_ms" in facts else evidence.parameter("cpu_ms")


def cpu_range(facts: Facts, evidence: Evidence) -> tuple[float, float]:
    """Between what it may lie: widely where it is assumed, a little where it was
    measured.
    """
    number = evidence.parameter
    if "cpu_ms" not in facts:
        return number("cpu_ms_low"), number("cpu_ms_high")
    spread = number("measured_spread")
    return facts.number("cpu_ms") / spread, facts.number("cpu_ms") * spread


def _root(factor: float) -> float:
    """A function's duration is half CPU and half waiting, so it varies less than its
    CPU does.
    """
    return float(factor**0.5)


@dataclass(frozen=True, slots=True)
class App:
    """Application servers: `workers` of a vCPU each, in `instances`, at the peak."""

    workers: int
    instances: int
    vcpu: float
    in_flight: float
    utilisation: float
    wait_p95: float


def size_app(demand: Demand, evidence: Evidence) -> App:
    """Workers for the peak: under the target utilisation, and the wait for one within
    its share of the latency.
    """
    number = evidence.parameter
    variability = number("variability")
    workers = queueing.servers_needed(
        demand.peak,
        demand.cpu,
        number("target_utilisation"),
        number("queue_share_of_latency") * demand.latency,
        variability,
    )
    task = number("task_vcpu")
    instances = max(2, ceil(workers / task))
    return App(
        workers=workers,
        instances=instances,
        vcpu=max(float(workers), 1.0),
        in_flight=queueing.in_flight(demand.peak, demand.cpu + demand.wait),
        utilisation=queueing.utilisation(demand.peak, demand.cpu, workers),
        wait_p95=queueing.wait_quantile(
            workers, demand.peak * demand.cpu, demand.cpu, 0.95, variability
        ),
    )


@dataclass(frozen=True, slots=True)
class Database:
    """A primary: what is asked of it and what it bears, in write transactions a second
    (reads count as a share).
    """

    machine: Machine
    demand: float
    capacity: float
    limit: str
    iops: float
    replicas: int
    shards: int
    connections: int
    max_connections: int
    pooler: bool


def io_per_transaction(data_gb: float, memory_gb: float, evidence: Evidence) -> float:
    """I/O operations a transaction, by how often the data exceeds the memory: along a
    logarithm between measured points.
    """
    number = evidence.parameter
    knots = (
        (1.0, number("io_per_transaction_in_memory")),
        (1.5, number("io_per_transaction_beyond")),
        (7.8, number("io_per_transaction_far_beyond")),
    )
    ratio = data_gb / memory_gb
    if ratio <= knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if ratio <= x1:
            return y0 + (y1 - y0) * log(ratio / x0) / log(x1 / x0)
    return knots[-1][1]


def database_capacity(
    machine: Machine, data_gb: float, evidence: Evidence, iops: float | None = None
) -> tuple[float, str]:
    """Transactions a second to plan with, and what limits them: the lesser of CPU and
    I/O, never the CPU alone.
    """
    number = evidence.parameter
    most = number("iops_most") if iops is None else iops
    by_cpu = machine.sustained * number("postgres_tps_per_vcpu")
    by_io = most / io_per_transaction(data_gb, machine.memory_gb, evidence)
    return min(by_cpu, by_io) * number(
        "postgres_plan_share"
    ), "cpu" if by_cpu <= by_io else "iops"


def size_database(
    demand: Demand, workers: int, evidence: Evidence, machine: Machine | None = None
) -> Database:
    """The smallest primary that bears the peak and holds what is hot in memory; shards
    when data or writes are too many for one, replicas when reads are. On a machine that
    is given, what that one bears.
    """
    number = evidence.parameter
    reads = demand.reads * number("postgres_read_cost")
    wanted = demand.writes + reads
    connections = connections_needed(demand, workers, evidence)
    shards = max(1, ceil(demand.data_gb / number("postgres_shard_gb")))
    chosen = machine or smallest_database(
        wanted / shards, demand.data_gb / shards, demand.hot_gb / shards, evidence
    )
    capacity, limit = database_capacity(chosen, demand.data_gb / shards, evidence)
    if capacity * shards < wanted:
        shards = max(
            shards, ceil(demand.writes / (capacity * number("postgres_shard_share")))
        )
        capacity, limit = database_capacity(chosen, demand.data_gb / shards, evidence)
    replicas = ceil(max(0.0, wanted / shards - capacity) / capacity)
    share = number("postgres_plan_share")
    io = io_per_transaction(demand.data_gb / shards, chosen.memory_gb, evidence)
    most = min(
        int(chosen.memory_gb * GIB / number("bytes_per_connection")), MOST_CONNECTIONS
    )
    return Database(
        machine=chosen,
        demand=wanted,
        capacity=capacity * shards,
        limit=limit,
        iops=min(wanted / shards / share * io, number("iops_most")),
        replicas=replicas,
        shards=shards,
        connections=connections,
        max_connections=most,
        pooler=connections > most * number("connection_share"),
    )


def smallest_database(
    transactions: float, data_gb: float, hot_gb: float, evidence: Evidence
) -> Machine:
    """The smallest that bears so many transactions a second and whose memory holds the
    hot data; else the largest.
    """
    ladder: Sequence[Machine] = evidence.machines.database
    share = evidence.parameter("database_memory_share")
    for machine in ladder:
        if (
            database_capacity(machine, data_gb, evidence)[0] >= transactions
            and machine.memory_gb * share >= hot_gb
        ):
            return machine
    return ladder[-1]


def connections_needed(demand: Demand, workers: int, evidence: Evidence) -> int:
    """Connections of all pools: what Little's law asks for at the target utilisation,
    at least some for each worker.
    """
    number = evidence.parameter
    busy = (
        (demand.writes + demand.reads)
        * number("database_ms")
        / 1000
        / number("target_utilisation")
    )
    return max(workers * int(number("pool_per_worker")), ceil(busy))


def hit_ratio_needed(demand: Demand, capacity: float, evidence: Evidence) -> float:
    """The share of reads that a cache must answer so that the database bears the rest."""
    reads = demand.peak * demand.read_share * evidence.parameter("postgres_read_cost")
    if reads <= 0:
        return 0.0
    return min(1.0, max(0.0, 1 - (capacity - demand.writes) / reads))


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions at the peak, and the quota to ask for: the greater of two, rounded up
    to a thousand.
    """

    concurrency: int
    quota: int
    within_default: bool


def size_functions(demand: Demand, evidence: Evidence) -> Functions:
    number = evidence.parameter
    calls = demand.peak / (number("event_batch") if demand.streaming else 1)
    busy = ceil(queueing.in_flight(calls, demand.function))
    wanted = max(float(busy), calls / number("lambda_rps_per_concurrency"))
    default = number("lambda_concurrency_quota")
    return Functions(busy, ceil(wanted / default) * int(default), wanted <= default)


def broker_partitions(demand: Demand, evidence: Evidence) -> int:
    """Partitions: as many as the slower of broker and consumers needs, three at least
    for three brokers.
    """
    number = evidence.parameter
    consumer = number("target_utilisation") / demand.cpu
    return max(3, ceil(demand.peak / min(number("partition_events"), consumer)))


@dataclass(frozen=True, slots=True)
class CacheNodes:
    """Nodes of one size that hold what is read again and bear its rate."""

    machine: Machine
    count: int
    memory_gb: float


def size_cache(demand: Demand, evidence: Evidence) -> CacheNodes:
    """The cheapest nodes for the hot data and the peak, of a size of which some are
    enough; else the largest.
    """
    memory = max(0.1, demand.hot_gb)
    by_rate = ceil(demand.peak / evidence.parameter("redis_ops"))
    sizes = [
        CacheNodes(m, max(by_rate, ceil(memory / m.memory_gb), 1), memory)
        for m in evidence.machines.cache
    ]
    some = [
        size for size in sizes if size.count <= evidence.parameter("cache_nodes_most")
    ] or sizes[-1:]
    return min(
        some,
        key=lambda s: (evidence.prices.price[s.machine.price].of(s.count), s.count),
    )


def brokers(demand: Demand, evidence: Evidence) -> int:
    """Brokers in threes, one a zone: for the rate of events, and for the partitions."""
    number = evidence.parameter
    by_rate = demand.peak / (3 * number("broker_events"))
    by_partitions = broker_partitions(demand, evidence) / (
        3 * number("broker_partitions_most")
    )
    return 3 * max(1, ceil(by_rate), ceil(by_partitions))


@dataclass(frozen=True, slots=True)
class MachineLimits:
    """What one machine with application and database bears: requests a second in bursts
    and for good, GB on its disk.
    """

    peak: float
    average: float
    data_gb: float


def machine_limits(
    machine: Machine, demand: Demand, evidence: Evidence
) -> MachineLimits:
    number = evidence.parameter
    cpu = demand.cpu * (1 + number("machine_database_share"))
    busy = number("target_utilisation")
    return MachineLimits(
        peak=machine.vcpu * busy / cpu,
        average=machine.sustained * busy / cpu,
        data_gb=machine.memory_gb * number("machine_data_per_memory"),
    )


def fitting_machine(demand: Demand, evidence: Evidence) -> Machine | None:
    """The smallest single machine that carries application and database."""
    for machine in evidence.machines.machine:
        limits = machine_limits(machine, demand, evidence)
        if (
            limits.peak >= demand.peak
            and limits.average >= demand.average
            and limits.data_gb >= demand.data_gb
        ):
            return machine
    return None


def shared_database(machine: Machine, evidence: Evidence) -> Machine:
    """The part of a single machine that its database may take: its share of the CPU in
    bursts, half of the memory.
    """
    number = evidence.parameter
    share = number("machine_database_share")
    cpu = machine.vcpu * number("target_utilisation") * share / (1 + share)
    return machine.model_copy(
        update={
            "name": f"on the machine of {machine.name}",
            "sustained": cpu,
            "memory_gb": machine.memory_gb / 2,
        }
    )
