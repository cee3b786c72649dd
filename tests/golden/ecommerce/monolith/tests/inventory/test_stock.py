"""Stock under many orders at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.api import Api, eventually
from tests.orders.factories import new_order, settled, stock


def test_never_sells_more_than_there_is(user: Api, staff: Api) -> None:
    body = new_order(staff, stock=5)
    with ThreadPoolExecutor(20) as pool:
        placed = list(pool.map(lambda _: user.create("/api/orders", body), range(20)))
    orders = [settled(user, order) for order in placed]
    assert (
        sorted(order["status"] for order in orders)
        == ["confirmed"] * 5 + ["rejected"] * 15
    )
    assert {order["reason"] for order in orders if order["status"] == "rejected"} == {
        "out_of_stock"
    }
    assert stock(user, orders[0]) == 0


def test_gives_back_what_could_not_be_paid_however_many_order_at_once(
    user: Api, staff: Api
) -> None:
    body = {**new_order(staff, stock=5), "payment_method": "card_declined"}
    with ThreadPoolExecutor(10) as pool:
        placed = list(pool.map(lambda _: user.create("/api/orders", body), range(10)))
    assert {settled(user, order)["status"] for order in placed} == {"rejected"}
    eventually(lambda: stock(user, placed[0]), lambda left: left == 5)
