"""The advisor's answer: what `recommend --json` prints, and what `archgen.yaml` records.

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


class Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)


class Reason(Document):
    """One criterion's points: `effect` maps what they speak for (an architecture) to points, negative when against."""

    decision: str
    criterion: str
    value: str
    effect: dict[str, float]
    because: str
    source: str


class Decision(Document):
    """One of the three decisions. `advised` is there only when the user's own choice took its place."""

    choice: str
    scores: dict[str, float]
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
    origin: str | float | int = Field(alias="from")
    to: str | float | int
    architecture: str
    event_streaming: bool


class Override(Document):
    """The user's own architecture in place of the advice, and what it costs them."""

    asked: str
    advised: Architecture
    risk: str


class StackChoice(Document):
    """One choice inside: the reason, what comes next, what would change it; `advised` when the user chose otherwise."""

    choice: str
    because: str
    alternative: str | None = None
    changes_if: str | None = None
    advised: str | None = None


class Risk(Document):
    """What may go wrong with this verdict, and what to do about it."""

    risk: str
    mitigation: str
    source: str


class Recommendation(Document):
    """The verdict and everything that it rests on."""

    architecture: Architecture
    event_streaming: bool
    template: Template
    decisions: Decisions
    confidence: float
    scores: dict[str, float]
    gates: tuple[RuledOut, ...]
    reasons: tuple[Reason, ...]
    runner_up: Architecture
    flips: tuple[Flip, ...]
    override: Override | None = None
    assumed: tuple[Assumption, ...]
    stack: dict[str, StackChoice]
    risks: tuple[Risk, ...]
    next_steps: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The JSON document, in the names of the contract; what was not computed is not in it."""
        return self.model_dump(mode="json", exclude_none=True)
