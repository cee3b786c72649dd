"""What the API of shop offers, as far as data and load are made of it, and what it promises. Yours to change."""

from __future__ import annotations

from types import ModuleType

from tests.load.shapes import Entity, Flag, Prose, Slo

# fmt: off
SLO = Slo(p95_ms=200.0, rps=100.0, error_rate=0.01)

# In the order in which rows can be made: whatever refers to another comes after it.
ENTITIES: list[Entity] = [
    Entity("items", read="owner", write="owner", fields=[
        Prose("title", required=True, length=100000),
        Flag("done"),
    ]),
]
ORDERS = False  # whether products can be ordered
# what people do beside that
BESIDE: list[ModuleType] = []
