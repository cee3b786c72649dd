"""Orders, and what is needed to place one."""

from __future__ import annotations

from typing import Any

from tests.api import Api, eventually
from tests.inventory.factories import new_product


def new_order(staff: Api, /, quantity: int = 1, **product: Any) -> dict[str, Any]:
    """The body of an order of a product of its own; `product`: what is said of that."""
    ordered = staff.create(
        "/api/products", new_product(**{"price": "9.99", "stock": 10, **product})
    )
    return {
        "lines": [{"product_id": ordered["id"], "quantity": quantity}],
        "payment_method": "card_ok",
    }


def settled(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    """The order once it has been decided on."""
    return eventually(
        lambda: dict(api.get(f"/api/orders/{order['id']}").json()),
        lambda found: found["status"] != "pending",
    )


def stock(api: Api, order: dict[str, Any]) -> int:
    """What is left of the product that was ordered."""
    return int(
        api.get(f"/api/products/{order['lines'][0]['product_id']}").json()["stock"]
    )
