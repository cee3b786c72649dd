"""A quantity between knots, straight along the logarithm: for what must not jump where
an answer moves a little.
"""

from __future__ import annotations

from math import log

Knots = tuple[tuple[float, float], ...]


def interpolate(value: float, knots: Knots) -> float:
    """What lies at a value between knots of (value, what); flat outside them."""
    (low, at), *rest = knots
    if value <= low:
        return at
    for high, there in rest:
        if value <= high:
            return at + (there - at) * log(value / low) / log(high / low)
        low, at = high, there
    return at
