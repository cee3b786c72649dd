"""Orders, from being placed to being confirmed or rejected, over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api import Api, eventually, ids
from tests.orders.factories import new_order, settled, stock

PATH = "/api/orders"


def test_an_order_is_pending_at_today_s_prices(user: Api, staff: Api) -> None:
    body = new_order(staff, quantity=2, name="a chair", price="9.99")
    answer = user.post(PATH, json=body)
    order = answer.json()
    assert (
        answer.status_code == 201
        and answer.headers["Location"] == f"{PATH}/{order['id']}"
    )
    assert order["status"] == "pending" and order["reason"] is None
    assert order["lines"] == [
        {**body["lines"][0], "name": "a chair", "unit_price": "9.99"}
    ]
    assert order["total"] == "19.98" and order["payment_method"] == "card_ok"


def test_an_order_that_can_be_paid_is_confirmed(user: Api, staff: Api) -> None:
    order = settled(user, user.create(PATH, new_order(staff, quantity=3, stock=10)))
    assert (order["status"], order["reason"]) == ("confirmed", None)
    assert stock(user, order) == 7


def test_an_order_of_more_than_there_is_is_rejected(user: Api, staff: Api) -> None:
    order = settled(user, user.create(PATH, new_order(staff, quantity=3, stock=2)))
    assert (order["status"], order["reason"]) == ("rejected", "out_of_stock")
    assert stock(user, order) == 2


def test_an_order_that_cannot_be_paid_is_rejected_and_its_stock_given_back(
    user: Api, staff: Api
) -> None:
    order = settled(
        user,
        user.create(
            PATH, {**new_order(staff, stock=5), "payment_method": "card_declined"}
        ),
    )
    assert (order["status"], order["reason"]) == ("rejected", "payment_declined")
    eventually(lambda: stock(user, order), lambda left: left == 5)


def test_an_order_sets_aside_all_of_its_products_or_none(user: Api, staff: Api) -> None:
    plenty, few = new_order(staff, stock=5), new_order(staff, quantity=2, stock=1)
    order = settled(
        user, user.create(PATH, {**plenty, "lines": plenty["lines"] + few["lines"]})
    )
    assert order["reason"] == "out_of_stock"
    assert stock(user, order) == 5


def test_lines_of_the_same_product_add_up(user: Api, staff: Api) -> None:
    body = new_order(staff, quantity=2, stock=3)
    order = settled(user, user.create(PATH, {**body, "lines": body["lines"] * 2}))
    assert order["reason"] == "out_of_stock"
    assert stock(user, order) == 3


def test_prices_are_those_of_the_day_of_the_order(user: Api, staff: Api) -> None:
    order = user.create(PATH, new_order(staff, price="5.00"))
    staff.patch(
        f"/api/products/{order['lines'][0]['product_id']}", json={"price": "6.00"}
    )
    assert settled(user, order)["total"] == "5.00"


def test_an_unknown_product_is_refused(user: Api, staff: Api) -> None:
    body = new_order(staff)
    answer = user.post(
        PATH, json={**body, "lines": [{"product_id": str(uuid4()), "quantity": 1}]}
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [
        "lines.0.product_id"
    ]


@pytest.mark.parametrize("quantity", [0, -1, 1001, 1.5, "1", None])
def test_refuses_a_quantity_that_is_none(
    user: Api, staff: Api, quantity: object
) -> None:
    line = {**new_order(staff)["lines"][0], "quantity": quantity}
    assert (
        user.post(PATH, json={"lines": [line], "payment_method": "card_ok"}).status_code
        == 422
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"payment_method": ""},
        {"payment_method": None},
        {"status": "paid"},
    ],
)
def test_refuses_an_order_that_is_not_one(
    user: Api, staff: Api, wrong: dict[str, object]
) -> None:
    assert user.post(PATH, json={**new_order(staff), **wrong}).status_code == 422


def test_an_order_that_is_sent_twice_is_placed_once(user: Api, staff: Api) -> None:
    body, once = (
        new_order(staff, quantity=2, stock=10),
        {"Idempotency-Key": uuid4().hex},
    )
    first, second = (user.post(PATH, json=body, headers=once) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert stock(user, settled(user, first.json())) == 8
    other = {**body, "payment_method": "card_declined"}
    assert user.post(PATH, json=other, headers=once).status_code == 409


def test_orders_are_their_owner_s_alone(
    everyone: tuple[Api, ...], user: Api, staff: Api
) -> None:
    order = user.create(PATH, new_order(staff))
    url = f"{PATH}/{order['id']}"
    assert [api.get(url).status_code for api in everyone] == [401, 404, 200, 200]
    assert [api.get(PATH).status_code for api in everyone] == [401, 200, 200, 200]
    anonymous, other, *_ = everyone
    assert order["id"] not in ids(other.every(PATH))
    assert anonymous.post(PATH, json=new_order(staff)).status_code == 401


def test_lists_the_newest_first_page_by_page(user: Api, staff: Api) -> None:
    orders = [user.create(PATH, new_order(staff)) for _ in range(3)]
    first = user.get(PATH, params={"limit": 2}).json()
    second = user.get(PATH, params={"limit": 2, "after": first["next"]}).json()
    assert ids(first["items"] + second["items"])[:3] == ids(reversed(orders))


def test_an_order_stays_as_it_is(user: Api, staff: Api) -> None:
    url = user.post(PATH, json=new_order(staff)).headers["Location"]
    assert user.patch(url, json={}).status_code == 405
    assert user.delete(url).status_code == 405
