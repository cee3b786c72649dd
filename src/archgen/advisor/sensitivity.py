"""What would change the verdict: for each field, the nearest value that gives another
architecture, found by search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import floor, log10

from archgen.advisor.facts import LEVELS, NUMBERS, Fact, Facts
from archgen.advisor.needs import NEEDS
from archgen.advisor.recommendation import Flip
from archgen.advisor.scoring import Model, Verdict

WHOLE = ("team_size", "teams")
LIMITS = {
    "team_size": (1.0, 5000.0),
    "teams": (1.0, 500.0),
    "traffic_rps_avg": (0.01, 1e7),
    "traffic_rps_peak": (0.01, 1e7),
    "latency_ms_target": (1.0, 3.6e6),
    "data_gb": (0.1, 1e7),
}
STEP = (
    1.6  # coarse: what flips and flips back within a factor of 1.6 is noise, not advice
)
HALVINGS = 12
Value = str | float | int | tuple[str, ...]


def limits(field: str, facts: Facts) -> tuple[float, float]:
    """Between which values a field may be set, the others as they are: teams within
    people, average within peak.
    """
    low, high = LIMITS[field]
    if field == "teams":
        high = facts.number("team_size")
    elif field == "team_size":
        low = facts.number("teams")
    elif field == "traffic_rps_avg":
        high = facts.number("traffic_rps_peak")
    elif field == "traffic_rps_peak":
        low = facts.number("traffic_rps_avg")
    return low, high


def _rounded(value: float, up: bool, whole: bool) -> float:
    """Two significant digits, away from where the verdict does not flip."""
    unit = 10.0 ** (floor(log10(value)) - 1)
    if whole:
        unit = max(1.0, unit) if value >= 100 else 1.0
    steps = value / unit
    rounded = (int(-(-steps // 1)) if up else floor(steps + 1e-9)) * unit
    return float(f"{rounded:.6g}")


def _nearest_number(
    start: float, stop: float, differs: Callable[[float], bool], whole: bool
) -> float | None:
    """The nearest number between start and stop, two digits, for which the verdict
    differs.
    """
    up, same, value = stop > start, start, start
    while value != stop:
        value = min(value * STEP, stop) if up else max(value / STEP, stop)
        if whole and value != stop:
            value = float(
                max(int(value), int(same) + 1)
                if up
                else min(int(-(-value // 1)), int(same) - 1)
            )
        if differs(value):
            break
        same = value
    else:
        return None
    flip = value
    for _ in range(HALVINGS):
        middle = (same + flip) / 2
        if whole:
            middle = float(int(middle))
            if middle in (same, flip):
                break
        if differs(middle):
            flip = middle
        else:
            same = middle
    rounded = _rounded(flip, up, whole)
    within = rounded <= stop if up else rounded >= stop
    return rounded if within and differs(rounded) else flip


def _levels(field: str, current: Fact) -> Iterator[str]:
    """The other levels of a field, nearest first where they have an order."""
    levels = LEVELS[field]
    at = levels.index(str(current))
    yield from sorted(
        (v for v in levels if v != current), key=lambda v: abs(levels.index(v) - at)
    )


def _flip(field: str, origin: Value, to: Value, found: Verdict) -> Flip:
    return Flip.model_validate(
        {
            "field": field,
            "from": origin,
            "to": to,
            "architecture": found.architecture,
            "event_streaming": found.event_streaming,
        }
    )


def find_flips(model: Model, facts: Facts, verdict: Verdict) -> list[Flip]:
    """For each field the nearest change of the architecture, and the nearest of what is
    built when that is another.

    And each need that, named or no longer named, changes it by itself.
    """
    flips: dict[tuple[str, Value], Flip] = {}

    def add(field: str, value: str | float) -> None:
        found = model.judge(model.but(facts, **{field: value}))
        shown: Value = value
        origin: Value = facts[field]
        if isinstance(value, float) and value.is_integer():
            shown = int(value)
        if isinstance(origin, float) and origin.is_integer():
            origin = int(origin)
        flips[field, shown] = _flip(field, origin, shown, found)

    def by_name(found: Verdict) -> bool:
        return found.name != verdict.name

    def by_family(found: Verdict) -> bool:
        return found.family != verdict.family

    known = tuple(need for need in NEEDS if facts[need] == "yes")
    for need in NEEDS:
        other = model.judge(
            model.but(facts, **{need: "no" if need in known else "yes"})
        )
        if other.name != verdict.name:
            to = tuple(n for n in NEEDS if (n in known) != (n == need))
            flips["needs", to] = _flip("needs", known, to, other)
    for changed in (by_name, by_family):
        for field in NUMBERS:
            for value in _numbers(model, facts, field, changed):
                add(field, value)
        for field in LEVELS:
            for level in _levels(field, facts[field]):
                if changed(model.judge(model.but(facts, **{field: level}))):
                    add(field, level)
                    break
    return list(flips.values())


def _numbers(
    model: Model, facts: Facts, field: str, changed: Callable[[Verdict], bool]
) -> Iterator[float]:
    """The nearest values below and above with which the verdict has changed."""

    def differs(value: float) -> bool:
        return changed(model.judge(model.but(facts, **{field: value})))

    for stop in limits(field, facts):
        if stop != facts.number(field):
            found = _nearest_number(facts.number(field), stop, differs, field in WHOLE)
            if found is not None:
                yield found
