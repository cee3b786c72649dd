"""Events for streams, and what they come to, counted apart: plain Python that knows
nothing of a project.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

KINDS = ("temperature", "humidity", "noise")
LATENESS = timedelta(hours=24)
Totals = tuple[int, Decimal, Decimal, Decimal]


@dataclass(frozen=True)
class Event:
    id: UUID
    device_id: str
    at: datetime
    kind: str
    value: Decimal

    def document(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "device_id": self.device_id,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "value": f"{self.value:f}",
        }


def draw(count: int, devices: list[str], now: datetime, seed: int = 1) -> list[Event]:
    """So many, of which one in ten is a copy of an earlier one, one in twenty is some
    hours late, and one in a hundred too late.
    """
    chance = random.Random(seed)
    events: list[Event] = []
    while len(events) < count:
        if events and chance.random() < 0.1:
            events.append(chance.choice(events))
            continue
        kind_of_late = chance.random()
        at = now - timedelta(seconds=chance.uniform(60, 1800))
        if kind_of_late < 0.01:
            at -= timedelta(hours=chance.uniform(25, 50))
        elif kind_of_late < 0.06:
            at -= timedelta(hours=chance.uniform(1, 20))
        value = Decimal(chance.randint(-1_000_000, 1_000_000)).scaleb(-4)
        identity = UUID(int=chance.getrandbits(128), version=4)
        events.append(
            Event(identity, chance.choice(devices), at, chance.choice(KINDS), value)
        )
    return events


def reference(
    events: list[Event], came: datetime
) -> dict[tuple[str, str, datetime], Totals]:
    """Each minute's count, sum, least and most; all of them came about then."""
    found: dict[tuple[str, str, datetime], Totals] = {}
    seen: set[UUID] = set()
    for event in events:
        if event.id in seen or came - event.at > LATENESS:
            continue
        seen.add(event.id)
        key = (event.device_id, event.kind, event.at.replace(second=0, microsecond=0))
        count, total, least, most = found.get(
            key, (0, Decimal(0), event.value, event.value)
        )
        found[key] = (
            count + 1,
            total + event.value,
            min(least, event.value),
            max(most, event.value),
        )
    return found


def batches(events: list[Event], size: int) -> Iterator[list[Event]]:
    for start in range(0, len(events), size):
        yield events[start : start + size]
