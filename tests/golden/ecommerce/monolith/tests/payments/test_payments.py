"""Payments of orders, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api import Api, ids
from tests.orders.factories import new_order, settled

PATH = "/api/payments"


def paid(user: Api, staff: Api, **changes: Any) -> dict[str, Any]:
    """An order that has been decided on."""
    return settled(
        user,
        user.create(
            "/api/orders", {**new_order(staff, price="2.50", quantity=2), **changes}
        ),
    )


def test_a_confirmed_order_has_one_payment_of_its_total(user: Api, staff: Api) -> None:
    order = paid(user, staff)
    (payment,) = user.every(PATH, order_id=order["id"])
    assert (payment["order_id"], payment["amount"], payment["status"]) == (
        order["id"],
        "5.00",
        "captured",
    )
    assert user.get(f"{PATH}/{payment['id']}").json() == payment


def test_a_declined_payment_is_on_record(user: Api, staff: Api) -> None:
    order = paid(user, staff, payment_method="card_declined")
    (payment,) = user.every(PATH, order_id=order["id"])
    assert (payment["amount"], payment["status"]) == ("5.00", "declined")


def test_an_order_that_was_out_of_stock_has_no_payment(user: Api, staff: Api) -> None:
    order = settled(user, user.create("/api/orders", new_order(staff, stock=0)))
    assert user.every(PATH, order_id=order["id"]) == []


def test_payments_are_their_owner_s_alone(
    everyone: tuple[Api, ...], user: Api, staff: Api
) -> None:
    order = paid(user, staff)
    (payment,) = user.every(PATH, order_id=order["id"])
    url = f"{PATH}/{payment['id']}"
    assert [api.get(url).status_code for api in everyone] == [401, 404, 200, 200]
    _, other, _, staff = everyone
    assert other.every(PATH, order_id=order["id"]) == []
    assert ids(staff.every(PATH, order_id=order["id"])) == [payment["id"]]


def test_lists_the_newest_first(user: Api, staff: Api) -> None:
    orders = [paid(user, staff) for _ in range(2)]
    assert [payment["order_id"] for payment in user.every(PATH)][:2] == ids(
        reversed(orders)
    )


def test_refuses_a_list_that_is_not_offered(user: Api) -> None:
    assert user.get(PATH, params={"order_id": "not an id"}).status_code == 422
    assert user.get(PATH, params={"status": "captured"}).status_code == 422
    assert (
        user.get(PATH, params={"order_id": str(uuid4()), "limit": 0}).status_code == 422
    )


def test_payments_come_from_orders_alone(staff: Api) -> None:
    assert staff.post(PATH, json={}).status_code == 405
