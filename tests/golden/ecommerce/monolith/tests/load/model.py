"""What the API of shop offers, as far as data and load are made of it, and what it promises. Yours to change."""

from __future__ import annotations

from types import ModuleType

from tests.load.shapes import Choice, Entity, Number, Prose, Slo, Words

# fmt: off
SLO = Slo(p95_ms=200.0, rps=100.0, error_rate=0.01)

# In the order in which rows can be made: whatever refers to another comes after it.
ENTITIES: list[Entity] = [
    Entity("products", read="public", write="staff", fields=[
        Words("sku", required=True, unique=True, length=40),
        Words("name", required=True, length=200),
        Prose("description", length=100000),
        Number("price", required=True, least="0.00", scale=2),
        Choice("category", values=["book", "tool", "toy"]),
        Number("stock", least=0),
    ]),
]
ORDERS = True  # whether products can be ordered
# what people do beside that
BESIDE: list[ModuleType] = []
