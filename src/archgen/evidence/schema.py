"""What the advisor believes, as frozen documents: nothing in them lacks a source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

CENT = Decimal("0.01")
Decision = Literal["partition", "runtime", "dataflow"]
CHOICES: Mapping[str, tuple[str, ...]] = {
    "partition": ("one", "few", "many"),
    "runtime": ("servers", "functions"),
    "dataflow": ("calls", "stream"),
}


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def are_knots(x: tuple[float, ...], y: tuple[float, ...]) -> bool:
    """Whether these are the knots of a ramp along a logarithm."""
    return (
        len(x) == len(y) >= 2
        and x[0] > 0
        and all(low < high for low, high in pairwise(x))
    )


class Source(Record):
    """Where something was read; `date` is when it was published, or the date that its
    copy shows.
    """

    title: str
    url: str
    date: str


class Entry(Record):
    """Anything that the advisor believes: the key of its source, and what the source
    says in our words.
    """

    source: str
    note: str


class Condition(Record):
    """A comparison of one fact about the requirements with a value."""

    field: str
    op: Literal["==", "!=", "<", "<=", ">", ">="]
    value: str | float


class Rule(Entry):
    """An entry that counts when all of `when` holds."""

    when: tuple[Condition, ...] = ()


class Fade(Record):
    """The share of a criterion's points that counts, along the logarithm of another
    number: 0 to 1, without a step.
    """

    field: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Fade:
        if not are_knots(self.x, self.y) or not all(
            0 <= share <= 1 for share in self.y
        ):
            raise ValueError(
                f"fading by {self.field} needs rising knots x above zero, each with its y of 0 to 1"
            )
        return self


class Criterion(Rule):
    """Points for one choice of one decision, from one fact; `because` speaks for the
    choice, `against` against it.

    `when` asks what something is, never whether a number is beyond a bound: that would
    be a step in the points. What a number does to the points of another is a `fade`.
    """

    id: str
    decision: Decision
    choice: str
    kind: Literal["constant", "levels", "ramp"]
    field: str | None = None
    points: float = 0.0
    levels: Mapping[str, float] = {}
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    fade: Fade | None = None
    because: str
    against: str

    @model_validator(mode="after")
    def _is_whole(self) -> Criterion:
        if self.choice not in CHOICES[self.decision]:
            raise ValueError(f"{self.id}: {self.decision} has no choice {self.choice}")
        if self.kind != "constant" and not self.field:
            raise ValueError(f"{self.id}: {self.kind} needs a field")
        if self.kind == "levels" and not self.levels:
            raise ValueError(f"{self.id}: levels are missing")
        if self.kind == "ramp" and not are_knots(self.x, self.y):
            raise ValueError(
                f"{self.id}: a ramp needs two or more rising knots x above zero, each with its y"
            )
        if any(condition.op not in ("==", "!=") for condition in self.when):
            raise ValueError(
                f"{self.id}: a bound of a number would be a step in the points; let them fade"
            )
        return self


class Gate(Rule):
    """What rules a choice out when all of `when` holds, whatever its points."""

    id: str
    decision: Decision
    choice: str
    rule: str
    because: str


class Parameter(Entry):
    """A single number and its unit."""

    value: float
    unit: str


class Option(Rule):
    """One choice inside for a topic, taken when all of `when` holds and no option
    before it was.
    """

    topic: str
    choice: str
    because: str
    alternative: str
    changes_if: str


class RiskRule(Rule):
    """A risk to name when all of `when` holds, and what to do about it."""

    id: str
    risk: str
    mitigation: str


class Step(Rule):
    """A next step to name when all of `when` holds."""

    id: str
    step: str


class Signing(Rule):
    """What whoever signs has to know when all of `when` holds: recovery, a duty, who
    must be able to do what, the way on.
    """

    id: str
    kind: Literal["recovery", "duty", "skill", "way"]
    title: str
    text: str


class Price(Entry):
    """What a unit of something costs: `tiers` are [how much at this rate, rate], the
    last without a limit [rate].
    """

    unit: str
    as_of: str
    tiers: tuple[tuple[Decimal, ...], ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Price:
        *limited, last = self.tiers
        if any(len(tier) != 2 for tier in limited) or len(last) != 1:
            raise ValueError("tiers are [how much, rate], and the last one is [rate]")
        if any(number < 0 for tier in self.tiers for number in tier):
            raise ValueError("neither a price nor a quantity is below zero")
        return self

    def of(self, quantity: Decimal | float) -> Decimal:
        """The price of so many units in a month, not rounded."""
        left, total = Decimal(str(quantity)), Decimal(0)
        for *limit, rate in self.tiers:
            taken = min(left, limit[0]) if limit else left
            total += taken * rate
            left -= taken
        return total


class Machine(Entry):
    """A size that can be rented: `vcpu` may burst, `sustained` lasts; `price` is its
    name in the price book.
    """

    name: str
    vcpu: float
    sustained: float
    memory_gb: float
    price: str


class Machines(Record):
    """The sizes of each kind, small to large."""

    database: tuple[Machine, ...]
    machine: tuple[Machine, ...]
    cache: tuple[Machine, ...]


class PriceBook(Record):
    """List prices of one region at one time."""

    currency: str
    region: str
    as_of: str
    price: Mapping[str, Price]

    def cost(self, name: str, quantity: Decimal | float) -> Decimal:
        """The price of so many units in a month, to the cent, halves up as bills are."""
        return self.price[name].of(quantity).quantize(CENT, ROUND_HALF_UP)


class Precedent(Record):
    """A documented decision: what was done, why, in which circumstances (`inputs`,
    `needs`), and where to read it.

    `outcome` lists what would have been acceptable advice, best first; `rejected` what
    failed for them.
    """

    id: str
    name: str
    year: int
    title: str
    url: str
    did: str
    why: str
    outcome: tuple[str, ...]
    rejected: tuple[str, ...]
    estimated: tuple[str, ...]
    scorable: bool
    inputs: Mapping[str, str | float]
    needs: tuple[str, ...] = ()
    experience: tuple[str, ...] = ()
    organisation: str = ""


class Weighing(Record):
    """How the record weighs the criteria: `weight` multiplies the points of each, one
    where nothing is said.

    `unexplained` is the share of decisions that went otherwise whatever was known:
    there a choice is as likely as `usual`, its frequency in the record. An architecture
    is defensible when its family has at least the chance `defensible`; two are a tie
    when their chances are less than `tie` apart.
    """

    cases: int
    method: str
    unexplained: float
    usual: Mapping[str, float]
    defensible: float
    tie: float
    weight: Mapping[str, float]


class Evidence(Record):
    """All that the advisor knows, as one frozen document."""

    sources: Mapping[str, Source]
    criteria: tuple[Criterion, ...]
    weighing: Weighing
    gates: tuple[Gate, ...]
    parameters: Mapping[str, Parameter]
    options: tuple[Option, ...]
    risks: tuple[RiskRule, ...]
    precedents: tuple[Precedent, ...]
    machines: Machines
    prices: PriceBook
    steps: tuple[Step, ...]
    signing: tuple[Signing, ...]

    @model_validator(mode="after")
    def _has_sources(self) -> Evidence:
        missing = sorted({e.source for e in self.entries()} - set(self.sources))
        if missing:
            raise ValueError(f"no such source: {', '.join(missing)}")
        unknown = sorted(set(self.weighing.weight) - {c.id for c in self.criteria})
        if unknown:
            raise ValueError(f"no such criterion: {', '.join(unknown)}")
        return self

    @property
    def weights(self) -> Mapping[str, float]:
        return self.weighing.weight

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, of whatever kind."""
        return (
            *self.criteria,
            *self.gates,
            *self.parameters.values(),
            *self.options,
            *self.prices.price.values(),
            *self.machines.database,
            *self.machines.machine,
            *self.machines.cache,
            *self.risks,
            *self.steps,
            *self.signing,
        )

    def parameter(self, name: str) -> float:
        return self.parameters[name].value

    def cite(self, entry: Entry) -> str:
        """The source of an entry as people cite it: title, date and address."""
        source = self.sources[entry.source]
        return f"{source.title} ({source.date}), {source.url}"
