"""The products of the inventory module, over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api import Api, ids
from tests.inventory.factories import new_product

PATH = "/api/products"
DEFAULTS: dict[str, object] = {"description": None, "category": None, "stock": 0}


def test_a_new_one_is_as_it_was_sent_and_stays_so(staff: Api) -> None:
    body = new_product()
    answer = staff.post(PATH, json=body)
    assert answer.status_code == 201 and body.items() <= answer.json().items()
    assert staff.get(answer.headers["Location"]).json() == answer.json()


def test_what_is_left_out_has_its_default(staff: Api) -> None:
    body = {key: value for key, value in new_product().items() if key not in DEFAULTS}
    assert DEFAULTS.items() <= staff.create(PATH, body).items()


REFUSED: list[tuple[str, object]] = [
    ("sku", None),
    ("sku", "x" * 41),
    ("sku", "\x00"),
    ("sku", ""),
    ("name", None),
    ("name", "x" * 201),
    ("name", "\x00"),
    ("description", "x" * 100001),
    ("description", "\x00"),
    ("price", None),
    ("price", "-0.01"),
    ("price", "10000000000000000.00"),
    ("price", "0.001"),
    ("category", "none of these"),
    ("stock", None),
    ("stock", -1),
    ("stock", 9223372036854775808),
    ("stock", "1"),
    ("no such field", 1),
]


def test_refuses_what_does_not_fit_a_field(staff: Api) -> None:
    body = new_product()
    for field, value in REFUSED:
        answer = staff.post(PATH, json={**body, field: value})
        assert answer.status_code == 422, f"{value!r} was taken for {field}"
        assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("field", ["sku"])
def test_refuses_a_value_that_another_has(staff: Api, field: str) -> None:
    row = staff.create(PATH, new_product())
    answer = staff.post(PATH, json=new_product(**{field: row[field]}))
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_change_leaves_the_other_fields(staff: Api) -> None:
    row = staff.create(PATH, new_product())
    change = {"sku": "the sku"}
    changed = staff.patch(f"{PATH}/{row['id']}", json=change).json()
    assert changed == {**row, **change, "updated_at": changed["updated_at"]}


def test_a_version_that_was_read_can_be_held_on_to(staff: Api) -> None:
    url = staff.post(PATH, json=new_product()).headers["Location"]
    seen = staff.get(url).headers["ETag"]
    assert staff.get(url, headers={"If-None-Match": seen}).status_code == 304
    assert staff.patch(url, json={}, headers={"If-Match": seen}).status_code == 200
    assert staff.get(url, headers={"If-None-Match": seen}).status_code == 200
    assert staff.patch(url, json={}, headers={"If-Match": seen}).status_code == 412
    assert staff.delete(url, headers={"If-Match": seen}).status_code == 412


def test_a_request_that_is_sent_twice_is_done_once(staff: Api) -> None:
    body, once = new_product(), {"Idempotency-Key": uuid4().hex}
    first, second = (staff.post(PATH, json=body, headers=once) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    body |= {"sku": "the sku"}
    assert staff.post(PATH, json=body, headers=once).status_code == 409


def test_a_deleted_one_is_gone(staff: Api) -> None:
    url = staff.post(PATH, json=new_product()).headers["Location"]
    assert staff.delete(url).status_code == 204
    assert staff.get(url).status_code == 404
    assert staff.patch(url, json={}).status_code == 404
    assert staff.delete(url).status_code == 404


def test_lists_the_newest_first_page_by_page(staff: Api) -> None:
    rows = [staff.create(PATH, new_product()) for _ in range(3)]
    first = staff.get(PATH, params={"limit": 2}).json()
    second = staff.get(PATH, params={"limit": 2, "after": first["next"]}).json()
    assert ids(first["items"] + second["items"]) == ids(reversed(rows))
    assert second["next"] is None


def test_lists_by_category(staff: Api) -> None:
    same = {"category": "tool"}
    low = staff.create(PATH, new_product(**same))
    high = staff.create(PATH, new_product(**same))
    staff.create(PATH, new_product())
    assert ids(staff.every(PATH, **same)) == ids([high, low])


def test_lists_by_category_in_falling_order_of_price(staff: Api) -> None:
    same = {"category": "tool"}
    low = staff.create(PATH, new_product(**same, price="0.00"))
    high = staff.create(PATH, new_product(**same, price="1.00"))
    staff.create(PATH, new_product())
    assert ids(staff.every(PATH, **same, sort="-price")) == ids([high, low])


@pytest.mark.parametrize(
    "query",
    ["no-such-field=1", "sort=nonsense", "limit=0", "limit=101", "after=nonsense"],
)
def test_refuses_a_list_that_is_not_offered(staff: Api, query: str) -> None:
    assert staff.get(f"{PATH}?{query}").status_code == 422


def test_says_which_lists_are_offered(staff: Api) -> None:
    answer = staff.get(PATH, params={"no-such-field": 1}).json()
    assert "offered: no filter" in answer["detail"]
    assert [error["field"] for error in answer["errors"]] == ["no-such-field"]


def test_who_may_do_what(everyone: tuple[Api, ...], staff: Api) -> None:
    row = staff.create(PATH, new_product())
    url = f"{PATH}/{row['id']}"
    assert [api.get(PATH).status_code for api in everyone] == [200, 200, 200, 200]
    assert [api.get(url).status_code for api in everyone] == [200, 200, 200, 200]
    assert [api.patch(url, json={}).status_code for api in everyone] == [
        401,
        403,
        403,
        200,
    ]
    made = [api.post(PATH, json=new_product()).status_code for api in everyone]
    assert made == [401, 403, 403, 201]
    assert [api.delete(url).status_code for api in everyone[:3]] == [401, 403, 403]
