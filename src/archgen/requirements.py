"""What is required of the system, in full: every answer, given or inferred, with what
was inferred listed.

`Answers` (archgen.answers.schema) is what a user says; this is what the advisor and the
blueprint work from.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, Strict, field_validator

Scope = Literal["mvp", "product", "platform"]
Pattern = Literal["steady", "diurnal", "spiky", "rare"]
Workload = Literal[
    "crud",
    "ecommerce",
    "social",
    "realtime_stream",
    "media_processing",
    "batch",
    "internal",
    "ml",
    "iot",
    "api",
]
Grade = Literal["low", "medium", "high"]
Compliance = Literal["none", "some", "strict"]
ArchitectureChoice = Literal["auto", "monolith", "microservices", "serverless"]

Need = Literal[
    "replay",
    "fan_out",
    "absorb_bursts",
    "separate_release",
    "outside_builders",
    "hot_part",
    "isolation",
    "global_reach",
    "live_connections",
    "long_work",
    "often_idle",
    "sudden_peaks",
    "self_hosted",
    "nobody_operates",
    "own_hardware",
    "legacy_beside",
]

Experience = Literal["servers", "containers", "kubernetes", "functions", "streams"]

# what is inferred from the number of engineers: up to the first an mvp, from the second
# a platform
SCOPE_BOUNDS = (3, 50)
# and of operations: up to the first low, up to the second medium
OPS_BOUNDS = (3, 20)
# workloads whose parts differ tenfold in load on a platform, whatever the usual
APART = {
    "ecommerce": "on a platform browsing is asked for ten times as often as paying"
}
TEAM_OF = 8  # engineers that plan and release together: two pizzas' worth

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Product = Annotated[str, Strict(), Field(min_length=1, max_length=40)]


class StackChoice(_Frozen):
    """What the system runs on: each `auto`, or the name of a product.

    The one list of these keys, for answers, requirements and blueprint; each has a
    folder in `_options/` of the templates.
    """

    database: Product = Field(default="auto", examples=["postgresql"])
    cache: Product = Field(default="auto", examples=["valkey"])
    broker: Product = Field(default="auto", examples=["none"])
    api: Product = Field(default="auto", examples=["rest"])
    auth: Product = Field(default="auto", examples=["builtin", "oidc"])
    observability: Product = Field(default="auto", examples=["none"])
    sharding: Product = Field(default="auto", examples=["none"])
    deployment: Product = Field(
        default="auto", examples=["one_machine", "ecs", "lambda"]
    )

    @field_validator("*", mode="before")
    @classmethod
    def _said(cls, name: object) -> object:
        """Null says nothing."""
        return "auto" if name is None else name


class Assumption(_Frozen):
    """A field that was not answered as it is used: the value taken, and why."""

    field: str
    value: JsonValue
    because: str


class ServiceLevels(_Frozen):
    p95_ms: float
    rps: float
    error_rate: float


class Requirements(_Frozen):
    """Rates are requests (or events) a second, latency is the p95 in milliseconds, data
    is in gigabytes.
    """

    name: str
    scope: Scope
    team_size: Count
    teams: Count
    traffic_rps_avg: Positive
    traffic_rps_peak: Positive
    traffic_pattern: Pattern
    workload: Workload
    latency_ms_target: Positive
    data_gb: Positive
    relational_needs: Grade
    ops_maturity: Grade
    compliance: Compliance
    independent_scaling_need: Grade
    needs: tuple[Need, ...] = ()  # what else is known to hold; the rest is not known to
    experience: tuple[Experience, ...] = ()  # what the team has run in production
    cpu_ms: Positive | None = None  # measured; what is not is the evidence's to assume
    architecture: ArchitectureChoice = "auto"
    stack: StackChoice = StackChoice()
    extras: dict[
        str, bool
    ] = {}  # those that were asked for, or refused; the others are as the scope says
    parts: dict[str, tuple[str, ...]] = {}
    modules: int = 0  # how many the domain has that was told, accounts among them; 0: none was told
    slo: ServiceLevels
    assumed: tuple[Assumption, ...] = ()

    def was_assumed(self, field: str) -> bool:
        return any(assumption.field == field for assumption in self.assumed)
