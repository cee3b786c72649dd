"""Conversions that people get wrong: a month is 730 hours, as in the calculators of
clouds.
"""

from __future__ import annotations

HOURS_A_MONTH = 730
SECONDS_A_MONTH = HOURS_A_MONTH * 3600


def per_day(count: float) -> float:
    """So many a day, per second."""
    return count / 86_400


def per_minute(count: float) -> float:
    """So many a minute, per second."""
    return count / 60


def a_month(rate: float) -> float:
    """So many per second, a month."""
    return rate * SECONDS_A_MONTH
