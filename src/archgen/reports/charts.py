"""What the page draws, worked out beforehand: verdicts on a grid of traffic, team and
latency, and curves of cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archgen.advisor import queueing
from archgen.advisor.facts import Facts, derive_facts
from archgen.advisor.scoring import Model
from archgen.advisor.sizing import Design, count_services, has_broker
from archgen.reports.labels import ARCHITECTURES, CANDIDATES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archgen.advisor import Recommendation
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements

CODES = {
    "monolith": "m",
    "modular_monolith": "o",
    "microservices": "s",
    "serverless": "f",
}
TRAFFIC_STEPS, TRAFFIC_PER_DECADE = 12, 6  # two decades down and up
TEAM_STEPS = 8  # by the root of two: a sixteenth to sixteen times
LATENCY_STEPS = 4  # by two
MONTHS = 36


def three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def axes(facts: Facts) -> dict[str, list[float]]:
    """The values on the grid; today's are among them, exactly."""
    rate, team, latency = (
        facts.number(f) for f in ("traffic_rps_avg", "team_size", "latency_ms_target")
    )

    def around(value: float, base: float, steps: int) -> list[float]:
        return [
            value if k == 0 else three_digits(value * base**k)
            for k in range(-steps, steps + 1)
            if value * base**k > 0
        ]

    people = sorted({float(max(1, round(v))) for v in around(team, 2**0.5, TEAM_STEPS)})
    return {
        "traffic": around(rate, 10 ** (1 / TRAFFIC_PER_DECADE), TRAFFIC_STEPS),
        "team": people,
        "latency": around(latency, 2.0, LATENCY_STEPS),
    }


def facts_at(
    facts: Facts, model: Model, traffic: float, team: float, latency: float
) -> Facts:
    """These facts at a point of the grid: the peak moves with the average, the teams
    with the people.
    """
    teams = max(
        1.0, float(round(facts.number("teams") * team / facts.number("team_size")))
    )
    return model.but(
        facts,
        traffic_rps_avg=traffic,
        traffic_rps_peak=facts.number("traffic_rps_peak")
        * traffic
        / facts.number("traffic_rps_avg"),
        team_size=team,
        teams=min(teams, team),
        latency_ms_target=latency,
    )


def verdicts(
    facts: Facts, model: Model, over: dict[str, list[float]]
) -> tuple[list[str], list[int]]:
    """For each latency and each team, a string of codes along the traffic; capitals
    where events are streamed.

    And the chance of each verdict's family in percent, in the same order.
    """
    rows, chances = [], []
    for latency in over["latency"]:
        for team in over["team"]:
            row = []
            for traffic in over["traffic"]:
                found = model.judge(facts_at(facts, model, traffic, team, latency))
                code = CODES[found.architecture]
                row.append(code.upper() if found.event_streaming else code)
                chances.append(round(100 * found.families[found.family[0]]))
            rows.append("".join(row))
    return rows, chances


def cost_curves(design: Design, over: Iterable[float]) -> dict[str, list[float | None]]:
    """USD a month of each candidate along the traffic; none where it does not carry it."""
    servers, functions = design.biller("servers"), design.biller("functions")
    on_servers, on_functions = design.demand("servers"), design.demand("functions")
    curves: dict[str, list[float | None]] = {
        n: []
        for n in (
            "one_machine",
            "containers",
            "microservices",
            "serverless",
            "managed_instances",
        )
    }
    rhythmic = servers.shape.rhythmic
    for rate in over:
        factor = rate / on_servers.average
        there, calls = on_servers.times(factor), on_functions.times(factor)
        machine = servers.one_machine(there)
        curves["one_machine"].append(float(machine.total) if machine else None)
        curves["containers"].append(float(servers.containers(there).total))
        curves["microservices"].append(float(servers.microservices(there).total))
        curves["serverless"].append(float(functions.serverless(calls).total))
        curves["managed_instances"].append(
            float(functions.managed_instances(calls).total) if rhythmic else None
        )
    return {
        name: curve
        for name, curve in curves.items()
        if any(v is not None for v in curve)
    }


def workers_together(recommendation: Recommendation, services: int) -> int:
    """How many workers serve one queue: those of a service where there are several."""
    workers = recommendation.capacity.workers or 1
    return (
        max(1, workers // services)
        if recommendation.template == "microservices"
        else workers
    )


def latency_curve(design: Design, workers: int) -> dict[str, Any]:
    """Response time at p95 against utilisation, for as many workers as there are and
    for one.
    """
    demand = design.demand("servers")
    number = design.evidence.parameter
    fixed = (demand.cpu + demand.wait) * 1000
    shares = [k / 100 for k in range(2, 99, 2)]

    def curve(count: int) -> list[float]:
        waits = (
            queueing.wait_quantile(
                count, rho * count, demand.cpu, 0.95, number("variability")
            )
            * 1000
            for rho in shares
        )
        return [round(fixed + wait, 2) for wait in waits]

    return {
        "utilisation": shares,
        "one": curve(1),
        "workers": workers,
        "all": curve(min(workers, 200)),
        "target": number("target_utilisation"),
    }


def growth_curves(recommendation: Recommendation) -> dict[str, Any]:
    """How much of each ceiling is used in each month."""
    yearly = recommendation.capacity.growth_a_year
    months = list(range(MONTHS + 1))
    return {
        "months": months,
        "curves": [
            {
                "what": c.what,
                "then": c.then,
                "month": c.month,
                "used": [
                    three_digits(100 * c.now / c.limit * yearly ** (m / 12))
                    for m in months
                ],
            }
            for c in recommendation.capacity.ceilings
        ],
    }


def page_data(
    requirements: Requirements, evidence: Evidence, recommendation: Recommendation
) -> dict[str, Any]:
    """Everything that the scripts of the page read."""
    model = Model(evidence)
    facts = derive_facts(requirements, evidence)
    over = axes(facts)
    said = Facts(facts)
    said.update(
        partition=recommendation.decisions.partition.choice,
        runtime=recommendation.decisions.runtime.choice,
        dataflow=recommendation.decisions.dataflow.choice,
    )
    services = count_services(
        facts, len(requirements.parts), requirements.modules, evidence
    )
    design = Design(
        evidence,
        said,
        recommendation.event_streaming,
        services,
        brokered=has_broker(requirements),
        database=requirements.stack.database,
    )
    here = model.judge(facts)
    grid, chance_there = verdicts(facts, model, over)
    return {
        "names": dict(ARCHITECTURES),
        "candidates": dict(CANDIDATES),
        "codes": {code: name for name, code in CODES.items()},
        "axes": over,
        "here": {
            "traffic": over["traffic"].index(facts.number("traffic_rps_avg")),
            "team": over["team"].index(facts.number("team_size")),
            "latency": over["latency"].index(facts.number("latency_ms_target")),
        },
        "grid": grid,
        "chance_there": chance_there,
        "chances": recommendation.probabilities,
        "chosen": recommendation.architecture,
        "advised": here.architecture,
        "cost": {
            "curves": cost_curves(design, over["traffic"]),
            "break_even": recommendation.cost.break_even_rps,
            "candidate": recommendation.cost.candidate,
        },
        "latency": latency_curve(design, workers_together(recommendation, services)),
        "growth": growth_curves(recommendation),
    }
