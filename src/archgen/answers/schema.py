"""The answers: what a user says, every key optional. Its JSON schema is public
(`archgen schema`).

Here is the form of each answer by itself; `resolve` puts sources together and checks
the whole.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from archgen.answers.traffic import MOST_RPS, parse_traffic
from archgen.domain import naming
from archgen.domain.presets import PRESETS
from archgen.domain.schema import Flag, ModuleSpec
from archgen.domain.schema import Text as Word
from archgen.requirements import (
    ArchitectureChoice,
    Compliance,
    Experience,
    Grade,
    Need,
    Pattern,
    Scope,
    StackChoice,
    Workload,
)
from archgen.text import nearest, shown


def _project(name: str) -> str:
    if wrong := naming.check_project(name):
        raise ValueError(wrong)
    return name


def _preset(name: str) -> str:
    if name not in PRESETS:
        meant = nearest(name, PRESETS)
        raise ValueError(
            f"must be one of {', '.join(PRESETS)}"
            + (f"; did you mean {meant}?" if meant else "")
        )
    return name


def _traffic(text: str) -> str:
    parse_traffic(text)
    return text


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {shown(value)}")  # noqa: TRY004 - pydantic reports ValueError
    if isinstance(value, int) and abs(value) > 10**18:
        raise ValueError("is too large")
    if 0 < abs(value) < 1e-12:  # a third of what it is a share of may be nothing
        raise ValueError("is too small")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {shown(value)}")  # noqa: TRY004 - pydantic reports ValueError
    return value


def split_words(text: str) -> list[str]:
    """Words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _listed(value: Any) -> Any:
    """A word, or several with commas between them, is a list of words; each counts
    once.
    """
    words = split_words(value) if isinstance(value, str) else value
    return (
        list(dict.fromkeys(words))
        if isinstance(words, list) and all(isinstance(w, str) for w in words)
        else words
    )


Number = Annotated[float, BeforeValidator(_number)]
Rate = Annotated[Number, Field(gt=0, le=MOST_RPS, allow_inf_nan=False)]


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExtrasAnswers(_Answered):
    """What a larger scope brings, or nobody has who does not ask for it: each `true` to
    have it, `false` to go without, whatever the scope.
    """

    backups: Flag | None = Field(default=None, examples=[True])
    copies: Flag | None = Field(default=None, examples=[True])
    database_servers: Flag | None = Field(default=None, examples=[True])
    dead_letters: Flag | None = Field(default=None, examples=[True])
    edge: Flag | None = Field(default=None, examples=[True])
    group_commit: Flag | None = Field(default=None, examples=[True])
    guided_migrations: Flag | None = Field(default=None, examples=[True])
    key_rotation: Flag | None = Field(default=None, examples=[True])
    load_test: Flag | None = Field(default=None, examples=[True])
    moving: Flag | None = Field(default=None, examples=[True])
    rollout: Flag | None = Field(default=None, examples=[True])
    s3_files: Flag | None = Field(default=None, examples=[True])
    staff_command: Flag | None = Field(default=None, examples=[True])
    worker: Flag | None = Field(default=None, examples=[True])


class LevelAnswers(_Answered):
    """The service levels that the project promises and its load test checks."""

    p95_ms: Annotated[Number, Field(gt=0, le=1e7, allow_inf_nan=False)] | None = Field(
        default=None,
        description="95 of 100 requests are answered within this many milliseconds",
        examples=[200],
    )
    rps: Rate | None = Field(
        default=None, description="at this many requests a second", examples=[100]
    )
    error_rate: Annotated[Number, Field(ge=0, lt=1, allow_inf_nan=False)] | None = (
        Field(
            default=None,
            description="with at most this share of failures",
            examples=[0.01],
        )
    )


class Answers(_Answered):
    """Answers for archgen. Every key may be left out: it has a default or is inferred,
    and the report says which.
    """

    model_config = ConfigDict(title="archgen answers")

    name: Annotated[Word, AfterValidator(_project)] | None = Field(
        default=None,
        description="Of the project: lower-case letters, digits and hyphens; its package has _ for -",
        examples=["shop"],
        json_schema_extra={
            "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            "maxLength": naming.MOST,
        },
    )
    preset: Annotated[Word, AfterValidator(_preset)] | None = Field(
        default=None,
        description="A domain that comes with archgen; modules are added to its own",
        examples=["ecommerce"],
        json_schema_extra={"enum": [*PRESETS, None]},
    )
    scope: Scope | None = Field(
        default=None,
        description="How much is at stake: a first version, a product, a platform of many",
        examples=["product"],
    )
    team_size: (
        Annotated[int, BeforeValidator(_whole), Field(ge=1, le=100_000)] | None
    ) = Field(default=None, description="Backend engineers", examples=[6])
    teams: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=10_000)] | None = (
        Field(
            default=None,
            description="Teams that plan and release on their own",
            examples=[1],
        )
    )
    traffic: Annotated[Word, AfterValidator(_traffic)] | None = Field(
        default=None,
        description="In any words such as 2M requests/month, 50k users/day, 300 rps, 5k rps peak",
        examples=["300 rps"],
    )
    traffic_rps_avg: Rate | None = Field(
        default=None,
        description="Requests or events a second, on average",
        examples=[80],
    )
    traffic_rps_peak: Rate | None = Field(
        default=None,
        description="Requests or events a second, in the busiest minute",
        examples=[500],
    )
    traffic_pattern: Pattern | None = Field(
        default=None,
        description="Even, following the day, in bursts, or hardly ever",
        examples=["diurnal"],
    )
    workload: Workload | None = Field(
        default=None, description="The kind of system", examples=["ecommerce"]
    )
    latency_ms_target: (
        Annotated[Number, Field(gt=0, le=1e9, allow_inf_nan=False)] | None
    ) = Field(
        default=None,
        description="Milliseconds within which 95 of 100 requests are to be answered",
        examples=[200],
    )
    data_gb: Annotated[Number, Field(gt=0, le=1e9, allow_inf_nan=False)] | None = Field(
        default=None, description="Gigabytes kept after a year", examples=[50]
    )
    relational_needs: Grade | None = Field(
        default=None,
        description="Joins, transactions over several rows, queries nobody thought of yet",
        examples=["high"],
    )
    ops_maturity: Grade | None = Field(
        default=None,
        description="Automated deployment, infrastructure as code, monitoring, on call",
        examples=["medium"],
    )
    compliance: Compliance | None = Field(
        default=None, description="Rules that auditors check", examples=["none"]
    )
    independent_scaling_need: Grade | None = Field(
        default=None,
        description="Parts whose load or hardware differs from the rest by ten times or more",
        examples=["low"],
    )
    needs: Annotated[tuple[Need, ...], BeforeValidator(_listed)] | None = Field(
        default=None,
        description="What else is known to hold of the product, its users or the organisation",
        examples=[["absorb_bursts", "often_idle"]],
    )
    experience: Annotated[tuple[Experience, ...], BeforeValidator(_listed)] | None = (
        Field(
            default=None,
            description="What people of this team have run in production",
            examples=[["servers", "containers"]],
        )
    )
    cpu_ms: Annotated[Number, Field(gt=0, le=60_000, allow_inf_nan=False)] | None = (
        Field(
            default=None,
            description="Milliseconds of CPU that a request takes, once a load test has shown it; assumed until then",
            examples=[4],
        )
    )
    architecture: ArchitectureChoice | None = Field(
        default=None,
        description="In place of the advice, which is recorded all the same",
        examples=["monolith"],
    )
    parts: dict[str, Annotated[tuple[Word, ...], Field(min_length=1)]] = Field(
        default={},
        description="Which modules run together, each in one part; empty: as the architecture says",
    )
    stack: StackChoice = StackChoice()
    extras: ExtrasAnswers = ExtrasAnswers()
    modules: dict[str, ModuleSpec] = Field(
        default={},
        description="The domain; without any, and without a preset, the one that fits the workload",
    )
    slo: LevelAnswers = LevelAnswers()


def answers_schema() -> dict[str, Any]:
    """The JSON schema of the answers file."""
    document = Answers.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}
