"""Answers -> Requirements: what was not answered is inferred, by the small tables here,
and listed with its reason.

The figures are rules of thumb to start from, chosen to be said aloud and overruled;
none of them is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, log
from typing import Any

from pydantic import JsonValue

from archgen.answers.schema import Answers
from archgen.answers.traffic import parse_traffic, rounded
from archgen.domain.presets import PRESETS, missing_preset, preset_for
from archgen.domain.schema import Domain
from archgen.evidence.interpolation import interpolate
from archgen.requirements import (
    APART,
    OPS_BOUNDS,
    SCOPE_BOUNDS,
    TEAM_OF,
    Assumption,
    Requirements,
    ServiceLevels,
)

# scope -> engineers, requests a second on average, gigabytes after a year
SCOPE_TEAM = {"mvp": 3, "product": 6, "platform": 60}
SCOPE_RPS = {"mvp": 5.0, "product": 50.0, "platform": 1000.0}
SCOPE_GB = {"mvp": 5.0, "product": 50.0, "platform": 1000.0}
# peak over average of a pattern of traffic, and the pattern by that ratio: from 8
# spiky, below 2 steady
PEAK_RATIO = {"steady": 1.5, "diurnal": 3.0, "spiky": 10.0, "rare": 10.0}
SPIKY_FROM, STEADY_BELOW = 8.0, 2.0
BUSY = (
    20  # times as many requests as rare, from where the usual peaks of a pattern hold
)
RARE_BELOW = 0.01  # requests a second: fewer than one in a hundred seconds

# workload -> pattern of traffic, latency (ms), relational needs, independent scaling
# need
WORKLOADS: Mapping[str, tuple[str, float, str, str]] = {
    "crud": ("diurnal", 200, "high", "low"),
    "ecommerce": ("diurnal", 200, "high", "low"),
    "social": ("diurnal", 200, "medium", "low"),
    "realtime_stream": ("diurnal", 1000, "low", "medium"),
    "media_processing": ("spiky", 2000, "low", "medium"),
    "batch": ("spiky", 60_000, "medium", "low"),
    "internal": ("diurnal", 500, "medium", "low"),
    "ml": ("spiky", 1000, "low", "medium"),
    "iot": ("steady", 1000, "low", "medium"),
    "api": ("diurnal", 200, "medium", "low"),
}
COMPLIANCE = {"ecommerce": "some"}
SLO = ServiceLevels(p95_ms=200, rps=100, error_rate=0.01)


# events come in where others ask: so many times as many
EVENTS = {"realtime_stream": 40, "iot": 20}


def again(
    answers: Answers, domain: Domain
) -> Callable[[str, JsonValue | tuple[str, ...]], Requirements]:
    """What the same answers with one of them changed would mean, with all that is
    inferred from it inferred again.
    """

    def changed(field: str, value: JsonValue | tuple[str, ...]) -> Requirements:
        update = {field: value} | (
            {"traffic": None} if field == "traffic_rps_avg" else {}
        )
        return infer(answers.model_copy(update=update), domain)

    return changed


def infer(answers: Answers, domain: Domain) -> Requirements:
    """Every answer, and for what is not answered what it is likely to be."""
    return _Inference(answers, domain).requirements()


class _Inference:
    """Goes through the fields in an order in which each finds what it is inferred from."""

    def __init__(self, answers: Answers, domain: Domain) -> None:
        self.answers = answers
        self.domain = domain
        self.assumed: list[Assumption] = []

    def requirements(self) -> Requirements:
        answers = self.answers
        workload = self.take(
            "workload",
            answers.workload,
            "crud",
            "nothing was said of the kind of system",
        )
        self._domain(workload)
        preset = PRESETS.get(self.domain.preset or "", preset_for(workload))
        name = self.take("name", answers.name, preset.default_name, "no name was given")
        scope, team_size, teams = self._organisation()
        pattern, average, peak = self._traffic(scope, workload)
        latency, relational, scaling = self._usual(workload, scope)
        ops = (
            "low"
            if team_size <= OPS_BOUNDS[0]
            else "medium"
            if team_size <= OPS_BOUNDS[1]
            else "high"
        )
        return Requirements.model_validate(
            {
                "name": name,
                "scope": scope,
                "team_size": team_size,
                "teams": teams,
                "traffic_rps_avg": average,
                "traffic_rps_peak": peak,
                "traffic_pattern": pattern,
                "workload": workload,
                "latency_ms_target": latency,
                "data_gb": self.take(
                    "data_gb", answers.data_gb, SCOPE_GB[scope], f"usual for {scope}"
                ),
                "relational_needs": relational,
                "ops_maturity": self.take(
                    "ops_maturity", answers.ops_maturity, ops, _engineers(team_size)
                ),
                "compliance": self._compliance(workload),
                "independent_scaling_need": scaling,
                "needs": self._needs(),
                "experience": tuple(answers.experience or ()),
                "cpu_ms": answers.cpu_ms,
                "architecture": answers.architecture or "auto",
                "stack": answers.stack,
                "extras": answers.extras.model_dump(exclude_none=True),
                "parts": answers.parts,
                "modules": len(self.domain.modules)
                if answers.preset or answers.modules
                else 0,
                "slo": self._levels(),
                "assumed": tuple(self.assumed),
            }
        )

    def take(self, field: str, answer: Any, value: JsonValue, because: str) -> Any:
        """The answer; without one the value, which is then listed."""
        if answer is not None:
            return answer
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self.assumed.append(Assumption(field=field, value=value, because=because))
        return value

    def _domain(self, workload: str) -> None:
        """Which domain stands in when neither a preset nor modules were given."""
        preset = self.domain.preset
        if self.answers.preset is None and preset is not None:
            fits = PRESETS[preset].answers["workload"] == workload
            because = (
                f"the domain for {workload}; no modules were given"
                if fits
                else f"no modules were given, and {missing_preset(workload)}"
            )
            self.assumed.append(
                Assumption(field="preset", value=preset, because=because)
            )

    def _organisation(self) -> tuple[str, int, int]:
        answers = self.answers
        size = answers.team_size
        if size is None and answers.teams is not None:
            size = self.take(
                "team_size",
                None,
                answers.teams * TEAM_OF,
                f"{TEAM_OF} engineers a team",
            )
        if size is None:
            scope = self.take(
                "scope",
                answers.scope,
                "product",
                "neither scope nor team size was given",
            )
            size = self.take("team_size", None, SCOPE_TEAM[scope], f"usual for {scope}")
        else:
            by_size = (
                "mvp"
                if size <= SCOPE_BOUNDS[0]
                else "product"
                if size < SCOPE_BOUNDS[1]
                else "platform"
            )
            scope = self.take("scope", answers.scope, by_size, _engineers(size))
        because = f"{TEAM_OF} engineers make a team"
        return (
            scope,
            size,
            self.take("teams", answers.teams, max(1, round(size / TEAM_OF)), because),
        )

    def _traffic(self, scope: str, workload: str) -> tuple[str, float, float]:
        """Pattern, average and peak: what is said decides, what is missing follows by
        the pattern's ratio.
        """
        answers = self.answers
        average, peak = answers.traffic_rps_avg, answers.traffic_rps_peak
        if answers.traffic is not None:
            said = parse_traffic(answers.traffic)
            if said.is_peak and peak is None:
                peak = self.take("traffic_rps_peak", None, said.rps, said.because)
            elif not said.is_peak and average is None:
                average = self.take("traffic_rps_avg", None, said.rps, said.because)
        pattern = self._pattern(average, peak, workload)
        ratio = PEAK_RATIO[pattern]
        if answers.traffic_pattern is None and average is not None and peak is None:
            ratio = _ratio(average, WORKLOADS[workload][0])
        because = f"{ratio:.3g} times between average and peak of {pattern} traffic"
        if average is None:
            usual, why = (
                self._usual_rate(scope) * EVENTS.get(workload, 1),
                f"usual for {scope}",
            )
            if pattern == "rare":
                usual, why = RARE_BELOW, "hardly any requests come"
            average = (
                self.take("traffic_rps_avg", None, usual, why)
                if peak is None
                else self.take("traffic_rps_avg", None, rounded(peak / ratio), because)
            )
        if peak is None:
            peak = self.take(
                "traffic_rps_peak", None, rounded(average * ratio), because
            )
        return pattern, average, peak

    def _usual_rate(self, scope: str) -> float:
        """What the scope usually meets; where that follows from the engineers, not all
        of a platform's from one on.
        """
        size = self.answers.team_size
        if (
            self.answers.scope is not None
            or size is None
            or size <= SCOPE_TEAM["product"]
        ):
            return SCOPE_RPS[scope]
        knots = (
            (0.4 * SCOPE_BOUNDS[1], log(SCOPE_RPS["product"])),
            (1.2 * SCOPE_BOUNDS[1], log(SCOPE_RPS["platform"])),
        )
        return rounded(exp(interpolate(float(size), knots)))

    def _pattern(self, average: float | None, peak: float | None, workload: str) -> str:
        said, field = self.answers.traffic_pattern, "traffic_pattern"
        if average is not None and average < RARE_BELOW:
            return str(
                self.take(
                    field, said, "rare", f"{average:g} requests a second are hardly any"
                )
            )
        if average is not None and peak is not None:
            ratio = peak / average
            by_ratio = (
                "spiky"
                if ratio >= SPIKY_FROM
                else "steady"
                if ratio < STEADY_BELOW
                else "diurnal"
            )
            return str(
                self.take(
                    field, said, by_ratio, f"the peak is {ratio:.3g} times the average"
                )
            )
        return str(
            self.take(field, said, WORKLOADS[workload][0], f"usual for {workload}")
        )

    def _needs(self) -> tuple[str, ...]:
        """The needs that were named, and the one that an answer says in other words."""
        said = tuple(self.answers.needs or ())
        if self.answers.traffic_pattern != "rare" or "often_idle" in said:
            return said
        self.assumed.append(
            Assumption(
                field="needs",
                value=["often_idle"],
                because="rare traffic leaves it without use most of the time",
            )
        )
        return (*said, "often_idle")

    def _usual(self, workload: str, scope: str) -> tuple[float, str, str]:
        answers, usual = self.answers, f"usual for {workload}"
        _, latency, relational, scaling = WORKLOADS[workload]
        apart = usual
        if scope == "platform" and workload in APART:
            scaling, apart = "high", APART[workload]
        return (
            self.take("latency_ms_target", answers.latency_ms_target, latency, usual),
            self.take("relational_needs", answers.relational_needs, relational, usual),
            self.take(
                "independent_scaling_need",
                answers.independent_scaling_need,
                scaling,
                apart,
            ),
        )

    def _compliance(self, workload: str) -> str:
        usual = COMPLIANCE.get(workload, "none")
        because = (
            "card payments come with rules"
            if usual != "none"
            else "no rules were named"
        )
        return str(self.take("compliance", self.answers.compliance, usual, because))

    def _levels(self) -> ServiceLevels:
        """What the load test asks of the project: the contract's figures, and the
        latency that was asked for.
        """
        levels, latency = self.answers.slo, self.answers.latency_ms_target
        return ServiceLevels(
            p95_ms=levels.p95_ms or latency or SLO.p95_ms,
            rps=levels.rps or SLO.rps,
            error_rate=SLO.error_rate
            if levels.error_rate is None
            else levels.error_rate,
        )


def _ratio(average: float, pattern: str) -> float:
    """Peak over average: the usual of the pattern, and the more the fewer requests
    come.
    """
    usual = PEAK_RATIO[pattern]
    return interpolate(
        average,
        ((RARE_BELOW, max(usual, PEAK_RATIO["rare"])), (BUSY * RARE_BELOW, usual)),
    )


def _engineers(size: int) -> str:
    return "one engineer" if size == 1 else f"{size} engineers"
