"""What is going to be written: from answers to the record of a project, and the command that says the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen.advisor import Recommendation, recommend
from archgen.blueprint import Blueprint
from archgen.design import blueprint_of, substitutions
from archgen.evidence import load_evidence
from archgen.generator.record import record_of
from archgen.inference import again
from archgen.intake import Intake

if TYPE_CHECKING:
    from archgen.intake import Source
    from archgen.requirements import Assumption


@dataclass(frozen=True, slots=True)
class Plan:
    """A project to be written; `instead`: where the advice names what cannot be generated yet."""

    taken: Intake
    recommendation: Recommendation
    blueprint: Blueprint
    instead: tuple[Assumption, ...]

    @property
    def record(self) -> dict[str, Any]:
        record = record_of(self.taken.raw, self.taken.requirements, self.recommendation, self.blueprint)
        return {**record, "recommendation": self.recommendation.document()}


def plan_of(taken: Intake) -> Plan:
    requirements = taken.requirements
    recommendation = recommend(requirements, load_evidence(), again(taken.answers, taken.domain))
    blueprint = blueprint_of(requirements, taken.domain, recommendation)
    return Plan(taken, recommendation, blueprint, substitutions(requirements, recommendation, blueprint))


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the command line said, as far as the same again without questions needs it."""

    answers: Path | None = None
    sets: Sequence[str] = ()
    preset: str | None = None
    architecture: str | None = None
    output: Path | None = None
    no_git: bool = False
    here: bool = False
    wizard: dict[str, Any] = field(default_factory=dict)


def command(name: str, said: Invocation) -> str:
    """The command that writes the same project without a question."""
    asked = {key: value for key, value in said.wizard.items() if key not in ("name", "architecture")}
    words = ["archgen", "new", "." if said.here else name]
    words += ["--answers", str(said.answers)] if said.answers else []
    words += ["--preset", said.preset] if said.preset else []
    architecture = said.wizard.get("architecture", said.architecture)
    words += ["--architecture", architecture] if architecture else []
    for item in (*said.sets, *(f"{key}={_shown(value)}" for key, value in asked.items())):
        words += ["--set", item]
    words += ["--output", str(said.output)] if said.output else []
    words += ["--no-git"] if said.no_git else []
    return shlex.join([*words, "--no-input"])


def _shown(value: Any) -> str:
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def wizard_answers(sources: Sequence[Source]) -> dict[str, Any]:
    """What was asked for and answered, flat."""
    from archgen.cli.wizard import answered

    return answered(sources)


def summary(taken: Intake) -> str:
    """The system in a sentence."""
    r = taken.requirements
    people = "one engineer" if r.team_size == 1 else f"{r.team_size} engineers"
    groups = "one team" if r.teams == 1 else f"{r.teams} teams"
    rates = f"{r.traffic_rps_avg:g} requests a second on average, {r.traffic_rps_peak:g} at the peak"
    return f"{r.name}: {r.workload} {r.scope} of {people} in {groups}, {rates}"


def other_domain(taken: Intake) -> str | None:
    """That the domain is another's, where the workload's own preset is not there yet; None where it is."""
    preset = taken.domain.preset
    if preset is None or taken.answers.preset is not None or preset == taken.requirements.workload:
        return None
    entities = [f"{module.name}.{name}" for module, name, _ in taken.domain.entities() if module.kind != "accounts"]
    return (
        f"there is no preset for {taken.requirements.workload} yet: the project gets the domain of {preset} "
        f"({', '.join(entities)}); say your own under modules"
    )


def assumptions(taken: Intake, start: str = "") -> Iterator[str]:
    """What was not answered as it is used, a line each: the value taken, and why."""
    for assumed in taken.requirements.assumed:
        if not assumed.field.startswith(start):
            continue
        yield f"{assumed.field} {assumed.value} ({assumed.because})"
