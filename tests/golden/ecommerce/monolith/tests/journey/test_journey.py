"""From an empty shelf to a paid order, on any running instance."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api import Api, eventually, ids


def order(
    api: Api, product: dict[str, Any], quantity: int, payment_method: str
) -> dict[str, Any]:
    """An order, once it has been decided on."""
    line = {"product_id": product["id"], "quantity": quantity}
    placed = api.create(
        "/api/orders", {"lines": [line], "payment_method": payment_method}
    )
    assert (
        placed["status"] == "pending"
        and placed["total"] == f"{quantity * 1999 / 100:.2f}"
    )
    return eventually(
        lambda: dict(api.get(f"/api/orders/{placed['id']}").json()),
        lambda found: found["status"] != "pending",
    )


def test_journey(anonymous: Api, staff: Api, other: Api) -> None:
    # a member of staff puts three hammers on the shelf
    body = {
        "sku": uuid4().hex,
        "name": "hammer",
        "price": "19.99",
        "category": "tool",
        "stock": 3,
    }
    hammer = staff.create("/api/products", body)
    url = f"/api/products/{hammer['id']}"
    assert staff.post("/api/products", json=body).status_code == 409
    assert anonymous.delete(url).status_code == 401

    # a visitor finds one, registers and logs in
    tools = {"category": "tool", "sort": "-price", "limit": 100}
    eventually(
        lambda: ids(anonymous.every("/api/products", **tools)),
        lambda found: hammer["id"] in found,
    )
    assert anonymous.get(url).json()["price"] == "19.99"
    me = {"email": f"{uuid4().hex}@example.com", "password": uuid4().hex}
    assert anonymous.post("/api/auth/register", json=me).status_code == 201
    user = Api(
        anonymous.http,
        anonymous.post("/api/auth/login", json=me).json()["access_token"],
    )
    assert user.get("/api/me").json()["roles"] == []
    assert user.patch(url, json={"price": "0.01"}).status_code == 403

    # buys two, and pays
    bought = order(user, hammer, 2, "card_ok")
    assert (bought["status"], bought["reason"]) == ("confirmed", None)
    (payment,) = eventually(
        lambda: user.every("/api/payments", order_id=bought["id"]),
        lambda found: len(found) == 1,
    )
    assert (payment["amount"], payment["status"]) == ("39.98", "captured")
    eventually(lambda: user.get(url).json()["stock"], lambda stock: stock == 1)

    # wants the last, and cannot pay: it goes back; wants two, and there is but one
    declined = order(user, hammer, 1, "card_declined")
    assert (declined["status"], declined["reason"]) == ("rejected", "payment_declined")
    eventually(lambda: user.get(url).json()["stock"], lambda stock: stock == 1)
    missed = order(user, hammer, 2, "card_ok")
    assert (missed["status"], missed["reason"]) == ("rejected", "out_of_stock")

    # looks at it all again, and nobody else does
    mine = [missed["id"], declined["id"], bought["id"]]
    eventually(lambda: ids(user.every("/api/orders")), lambda found: found == mine)
    assert other.get(f"/api/orders/{bought['id']}").status_code == 404
    assert other.every("/api/orders") == []
