"""Words of a pattern, for fields whose values have one."""

from __future__ import annotations


def spelled(number: int, *places: str) -> str:
    """The word with this number of all that have one of the characters of each place."""
    letters = []
    for place in reversed(places):
        number, rest = divmod(number, len(place))
        letters.append(place[rest])
    return "".join(reversed(letters))
