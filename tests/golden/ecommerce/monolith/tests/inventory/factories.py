"""Bodies that the inventory module takes; `changes` puts other values, or more, in their place."""

from __future__ import annotations

from itertools import count
from typing import Any

_products = count(1)


def new_product(**changes: Any) -> dict[str, Any]:
    n = next(_products)
    return {
        "sku": f"sku {n}",
        "name": "a name",
        "description": "a description",
        "price": "0.00",
        "category": "book",
        "stock": 0,
        **changes,
    }
