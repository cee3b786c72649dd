"""The advisor's answer: what `recommend --json` prints, and what `archgen.yaml`
records.

Fields that are not computed are None and left out of the document, never zero.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from archgen.requirements import Assumption

Architecture = Literal["monolith", "modular_monolith", "microservices", "serverless"]
Template = Literal["monolith", "microservices", "serverless"]
TEMPLATE_OF: dict[str, Template] = {
    "monolith": "monolith",
    "modular_monolith": "monolith",
    "microservices": "microservices",
    "serverless": "serverless",
}


# what a reason rests on: an answer, something taken in place of one, or nothing that
# can be answered
Basis = Literal["said", "assumed", "always"]


class Document(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True
    )


class Reason(Document):
    """One criterion's points, log-odds: `effect` maps what they speak for to points,
    negative when against.
    """

    decision: str
    criterion: str
    value: str
    effect: dict[str, float]
    because: str
    source: str
    basis: Basis = "always"


class Decision(Document):
    """One of the three decisions. `advised` is there only when the user's own choice
    took its place.
    """

    choice: str
    scores: dict[str, float]
    probabilities: dict[str, float]
    because: str
    confidence: float
    advised: str | None = None


class Decisions(Document):
    partition: Decision
    runtime: Decision
    dataflow: Decision


class RuledOut(Document):
    """A gate that holds here: what it rules out, by which rule."""

    architecture: str
    rule: str
    because: str
    source: str


class Flip(Document):
    """The nearest value of one field that gives another architecture, all else equal."""

    field: str
    origin: str | float | int | tuple[str, ...] = Field(alias="from")
    to: str | float | int | tuple[str, ...]
    architecture: Architecture
    event_streaming: bool


class Override(Document):
    """The user's own architecture in place of the advice: its risk, and what it costs
    more (less when below zero).
    """

    asked: str
    advised: Architecture
    risk: str
    extra_usd_a_month: float
    extra_people_fte: float


class StackChoice(Document):
    """One choice inside: the reason, what comes next, what would change it; `advised`
    when the user chose otherwise.

    `figures` of a cache: gb, nodes and ttl_seconds; of sharding: shards, and the month
    from which one primary is not enough.
    """

    choice: str
    because: str
    alternative: str | None = None
    changes_if: str | None = None
    advised: str | None = None
    figures: dict[str, float] | None = None


class Risk(Document):
    """What may go wrong with this verdict, and what to do about it."""

    risk: str
    mitigation: str
    source: str


class PrecedentNote(Document):
    """A documented decision in circumstances like these: what they built, whether that
    agrees with the verdict, why.
    """

    name: str
    year: int
    architecture: str
    agrees: bool
    because: str
    distance: float
    source: str


class Ceiling(Document):
    """What stops first as traffic grows: now and at most in `unit`, and in how many
    months that is reached.
    """

    what: str
    unit: str
    now: float
    limit: float
    month: float
    then: str


class DatabasePlan(Document):
    """One primary at the peak, in write transactions a second; what limits it; the
    ratio a cache must reach for it.
    """

    machine: str
    primaries: int
    demand_tps: float
    capacity_tps: float
    limit: str
    replicas: int
    max_connections: int
    pooler: bool
    cache_hit_needed: float


class TaskPlan(Document):
    """Containers of each of the `services`: how large, from `least` on average to
    `most` at the peak, and the requests a second that one bears.
    """

    services: int
    vcpu: float
    memory_gb: float
    least: int
    most: int
    rps: float


class FunctionPlan(Document):
    concurrency: int
    quota: int
    within_default: bool


class Availability(Document):
    """Expected of the design and asked for by the service level, as shares; minutes
    down in 30 days.

    `doubled` is what a second one in parallel would give, where there is a single
    machine.
    """

    expected: float
    target: float
    minutes_down: float
    meets: bool
    doubled: float | None = None


class Capacity(Document):
    """What the built architecture needs at its peak. `assumptions` are the parameters
    that it rests on.

    `shard_month` is when one primary, of the largest size, is not enough any more.
    """

    assumptions: dict[str, float]
    concurrency_in_flight: float
    app_instances: int | None = None
    workers: int | None = None
    tasks: TaskPlan | None = None
    utilisation: float | None = None
    wait_p95_ms: float | None = None
    db_connections: int | None = None
    pool_per_worker: int | None = None
    database: DatabasePlan | None = None
    cache_gb: float | None = None
    cache_nodes: int | None = None
    cache_machine: str | None = None
    shards: int | None = None
    shard_month: float | None = None
    functions: FunctionPlan | None = None
    broker_partitions: int | None = None
    brokers: int | None = None
    broker_machine: str | None = None
    broker_gb: float | None = None
    availability: Availability
    growth_a_year: float
    ceilings: tuple[Ceiling, ...]
    first_ceiling: Ceiling | None = None


class CostLine(Document):
    item: str
    usd: float


class CandidateCost(Document):
    """USD a month; `low` and `high` with the cheapest and dearest request that is
    plausible. People apart.
    """

    total: float
    low: float
    high: float
    per_million_requests: float
    people_fte: float
    people_usd_low: float
    people_usd_high: float
    lines: tuple[CostLine, ...]


class Beside(Document):
    """What containers may have that no bill counts, each in USD a month: a process
    without requests, a broker where events are few (of three, which a bill counts where
    one was asked for), a firewall that looks at all requests, and each of its rules.
    """

    worker_vcpu: float
    worker_memory_gb: float
    worker_usd: float
    broker_machine: str
    broker_gb: float
    broker_usd: float
    firewall_usd: float
    firewall_rule_usd: float


class Cost(Document):
    """Every candidate's bill. `candidate` is the one that is advised or asked for.

    Functions are cheaper than containers below `break_even_rps`; without one,
    `cheaper_at_any_rate` says which is.
    """

    currency: str
    region: str
    as_of: str
    candidate: str
    per_month: dict[str, CandidateCost]
    beside: Beside
    twelve_months: dict[str, YearCost]
    break_even_rps: float | None = None
    cheaper_at_any_rate: Literal["containers", "serverless"] | None = None


class YearCost(Document):
    """USD over twelve months of growing traffic, to two digits; people apart, at the
    loaded cost of an engineer.
    """

    total: float
    low: float
    high: float
    people_low: float
    people_high: float


class Considered(Document):
    """An architecture that was considered: how likely it is what such teams end with,
    and what speaks for and against it.

    `speaks_for` is the one consideration for which somebody might choose it all the
    same.
    """

    architecture: Architecture
    probability: float
    defensible: bool
    speaks_for: str | None = None
    speaks_against: str | None = None
    year: YearCost
    people_fte: float


class Question(Document):
    """What to ask next: its key in the answers (`value` where that is a list), and the
    verdict after each answer.
    """

    field: str
    value: str | None = None
    asks: str
    tells_bits: float
    then: dict[str, str]


class LookAgain(Document):
    """In how many months at the latest the decision is due again, and everything that
    makes it due before.
    """

    month: int
    because: str
    sooner: tuple[str, ...]


class Note(Document):
    """Something that whoever signs has to know."""

    title: str
    text: str
    source: str


class Since(Document):
    """What has become of a decision: what is built, what was advised when it was
    recorded, and the flips of then that have come about.
    """

    built: Architecture
    advised: Architecture
    crossed: tuple[Flip, ...]


class Recommendation(Document):
    """The verdict and everything that it rests on.

    `defensible` are the architectures that hold up, likeliest first; `tie` is there
    when two are too close to call, and says what would break it. `services_owned`: how
    many services the teams can own. `not_asked` are the needs and experiences of which
    nothing was said.
    """

    architecture: Architecture
    event_streaming: bool
    template: Template
    services_owned: int
    decisions: Decisions
    confidence: float
    probabilities: dict[Architecture, float]
    defensible: tuple[Architecture, ...]
    tie: str | None = None
    considered: tuple[Considered, ...]
    question: Question | None = None
    look_again: LookAgain
    recovery: tuple[Note, ...]
    duties: tuple[Note, ...]
    skills: tuple[Note, ...]
    way_on: tuple[Note, ...]
    scores: dict[str, float]
    gates: tuple[RuledOut, ...]
    reasons: tuple[Reason, ...]
    runner_up: Architecture
    flips: tuple[Flip, ...]
    precedents: tuple[PrecedentNote, ...]
    override: Override | None = None
    assumed: tuple[Assumption, ...]
    not_asked: tuple[str, ...]
    stack: dict[str, StackChoice]
    capacity: Capacity
    cost: Cost
    risks: tuple[Risk, ...]
    next_steps: tuple[str, ...]
    since: Since | None = None  # of a project that is there

    def document(self) -> dict[str, Any]:
        """The JSON document, in the names of the contract; what was not computed is not
        in it.
        """
        return self.model_dump(mode="json", exclude_none=True)
