"""Which of what would have changed a verdict has come about since it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def list_crossed(
    flips: Iterable[Mapping[str, Any]], now: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Those of these flips (`field`, `from`, `to`, `architecture`) that the
    requirements `now` have reached or passed.
    """
    return (
        flip
        for flip in flips
        if flip["field"] in now
        and _is_crossed(flip["from"], flip["to"], now[flip["field"]])
    )


def _is_crossed(origin: Any, to: Any, now: Any) -> bool:
    if isinstance(to, list | tuple):  # of needs, one is there or is not
        came, went = set(to) - set(origin), set(origin) - set(to)
        return came <= set(now) and not went & set(now)
    if isinstance(to, bool | str) or not isinstance(now, int | float):
        return bool(now == to)
    return bool(now >= to if to > origin else now <= to)
