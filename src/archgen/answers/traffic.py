"""Traffic as people think of it: `2M requests/month`, `50k users/day`, `300 rps`, `5k
rps peak`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_RPS = 1e9  # a thousand times the busiest public sites
MONTH_SECONDS = 730 * 3600  # the month of cloud price lists: 730 hours

_SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 7 * 86400,
    "wk": 7 * 86400,
    "week": 7 * 86400,
    "mo": MONTH_SECONDS,
    "month": MONTH_SECONDS,
    "y": 365 * 86400,
    "yr": 365 * 86400,
    "year": 365 * 86400,
}
_TIMES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "g": 1e9,
    "billion": 1e9,
}

# Requests of one user in a period: 30 on a day with a visit, visits on 3 days a week
# and 6 days a month. Rough on purpose, and printed: whoever knows better gives
# requests.
REQUESTS_A_DAY = 30
_VISITS = {"day": 1, "week": 3, "month": 6, "year": 52}

_REQUESTS = r"requests?|reqs?|calls?|hits?|events?|messages?|msgs?|queries|query|transactions?|invocations?|ops?"
_USERS = r"users?|visitors?|customers?|people|players?|readers?"
_TEXT = re.compile(
    rf"""
    (?:about\s+|~\s*)?
    (?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d[\d_]*(?:\.\d+)?)
    \s*(?P<times>{"|".join(sorted(_TIMES, key=len, reverse=True))})?
    \s*(?:
        (?P<short>[rqte]p[smhd])
        | (?P<active>[dm]au)
        | (?:(?P<requests>{_REQUESTS})|(?P<users>(?:active\s+)?(?:{_USERS})))?
          \s*(?:/|\bper\b|\ban?\b)\s*(?P<period>{"|".join(sorted(_SECONDS, key=len, reverse=True))})
    )
    (?:\s+(?P<peak>(?:at\s+)?peak))?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_SHORT = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests a second, on average or at the peak, and how they follow from what was
    said.
    """

    rps: float
    is_peak: bool
    because: str


def parse_traffic(text: str) -> Traffic:
    """What `text` says, or ValueError with what it should look like."""
    match = _TEXT.fullmatch(" ".join(text.split())) if len(text) <= 80 else None
    if match is None:
        raise ValueError(
            "is not traffic such as 2M requests/month, 50k users/day or 300 rps"
        )
    number = float(match["number"].replace(",", "").replace("_", ""))
    number *= _TIMES[match["times"].lower()] if match["times"] else 1
    if match["short"]:
        period = _SHORT[match["short"][2].lower()]
    elif match["active"]:
        period = {"d": "day", "m": "month"}[match["active"][0].lower()]
    else:
        period = match["period"].lower()
    seconds = _SECONDS[period]
    because = f"{' '.join(text.split())}"
    if match["users"] or match["active"]:
        name = next((name for name in _VISITS if _SECONDS[name] == seconds), None)
        if name is None:
            raise ValueError(
                "says users by less than a day; say users/day, or requests a second as rps"
            )
        number *= REQUESTS_A_DAY * _VISITS[name]
        visits = f" on {_VISITS[name]} days a {name}" if name != "day" else ""
        because += f", at {REQUESTS_A_DAY} requests a user and day{visits}"
    rps = number / seconds
    if rps <= 0:
        raise ValueError("must be more than nothing")
    if rps > MOST_RPS:
        raise ValueError(
            f"is {rps:.3g} requests a second, and {MOST_RPS:.0e} are the most"
        )
    return Traffic(rounded(rps), match["peak"] is not None, because)


def rounded(value: float) -> float:
    """To three significant digits: more would claim to be known."""
    return float(f"{value:.3g}")
