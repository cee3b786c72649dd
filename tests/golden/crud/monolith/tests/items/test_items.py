"""The items of the items module, over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api import Api, ids
from tests.items.factories import new_item

PATH = "/api/items"
DEFAULTS: dict[str, object] = {"done": False}


def test_a_new_one_is_as_it_was_sent_and_stays_so(user: Api) -> None:
    body = new_item()
    answer = user.post(PATH, json=body)
    assert answer.status_code == 201 and body.items() <= answer.json().items()
    assert user.get(answer.headers["Location"]).json() == answer.json()


def test_what_is_left_out_has_its_default(user: Api) -> None:
    body = {key: value for key, value in new_item().items() if key not in DEFAULTS}
    assert DEFAULTS.items() <= user.create(PATH, body).items()


REFUSED: list[tuple[str, object]] = [
    ("title", None),
    ("title", "x" * 100001),
    ("title", "\x00"),
    ("done", None),
    ("done", "yes"),
    ("no such field", 1),
]


def test_refuses_what_does_not_fit_a_field(user: Api) -> None:
    body = new_item()
    for field, value in REFUSED:
        answer = user.post(PATH, json={**body, field: value})
        assert answer.status_code == 422, f"{value!r} was taken for {field}"
        assert field in [error["field"] for error in answer.json()["errors"]]


def test_a_change_leaves_the_other_fields(user: Api) -> None:
    row = user.create(PATH, new_item())
    change = {"title": "the title"}
    changed = user.patch(f"{PATH}/{row['id']}", json=change).json()
    assert changed == {**row, **change, "updated_at": changed["updated_at"]}


def test_a_version_that_was_read_can_be_held_on_to(user: Api) -> None:
    url = user.post(PATH, json=new_item()).headers["Location"]
    seen = user.get(url).headers["ETag"]
    assert user.get(url, headers={"If-None-Match": seen}).status_code == 304
    assert user.patch(url, json={}, headers={"If-Match": seen}).status_code == 200
    assert user.get(url, headers={"If-None-Match": seen}).status_code == 200
    assert user.patch(url, json={}, headers={"If-Match": seen}).status_code == 412
    assert user.delete(url, headers={"If-Match": seen}).status_code == 412


def test_a_request_that_is_sent_twice_is_done_once(user: Api) -> None:
    body, once = new_item(), {"Idempotency-Key": uuid4().hex}
    first, second = (user.post(PATH, json=body, headers=once) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    body |= {"title": "the title"}
    assert user.post(PATH, json=body, headers=once).status_code == 409


def test_a_deleted_one_is_gone(user: Api) -> None:
    url = user.post(PATH, json=new_item()).headers["Location"]
    assert user.delete(url).status_code == 204
    assert user.get(url).status_code == 404
    assert user.patch(url, json={}).status_code == 404
    assert user.delete(url).status_code == 404


def test_lists_the_newest_first_page_by_page(user: Api) -> None:
    rows = [user.create(PATH, new_item()) for _ in range(3)]
    first = user.get(PATH, params={"limit": 2}).json()
    second = user.get(PATH, params={"limit": 2, "after": first["next"]}).json()
    assert ids(first["items"] + second["items"]) == ids(reversed(rows))
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    ["no-such-field=1", "sort=nonsense", "limit=0", "limit=101", "after=nonsense"],
)
def test_refuses_a_list_that_is_not_offered(user: Api, query: str) -> None:
    assert user.get(f"{PATH}?{query}").status_code == 422


def test_says_which_lists_are_offered(user: Api) -> None:
    answer = user.get(PATH, params={"no-such-field": 1}).json()
    assert "offered: no filter" in answer["detail"]
    assert [error["field"] for error in answer["errors"]] == ["no-such-field"]


def test_who_may_do_what(everyone: tuple[Api, ...], user: Api) -> None:
    row = user.create(PATH, new_item())
    url = f"{PATH}/{row['id']}"
    assert [api.get(PATH).status_code for api in everyone] == [401, 200, 200, 200]
    assert [api.get(url).status_code for api in everyone] == [401, 404, 200, 200]
    assert [api.patch(url, json={}).status_code for api in everyone] == [
        401,
        404,
        200,
        200,
    ]
    made = [api.post(PATH, json=new_item()).status_code for api in everyone]
    assert made == [401, 201, 201, 201]
    assert [api.delete(url).status_code for api in everyone[:2]] == [401, 404]
