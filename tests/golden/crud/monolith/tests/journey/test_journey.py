"""What a user does from the first visit to the last, on any running instance; it leaves
no items behind.
"""

from __future__ import annotations

from uuid import uuid4

from tests.api import Api, eventually, ids


def test_journey(anonymous: Api, other: Api) -> None:
    me = {"email": f"{uuid4().hex}@example.com", "password": uuid4().hex}

    # comes for the first time, and registers
    assert anonymous.get("/api/items").status_code == 401
    assert anonymous.post("/api/auth/register", json=me).status_code == 201
    tokens = anonymous.post("/api/auth/login", json=me).json()
    user = Api(anonymous.http, tokens["access_token"])
    assert user.get("/api/me").json()["email"] == me["email"]

    # writes down what is to be done
    milk = user.create("/api/items", {"title": "buy milk"})
    bread = user.create("/api/items", {"title": "bake bread"})
    assert (milk["title"], milk["done"]) == ("buy milk", False)
    eventually(
        lambda: ids(user.every("/api/items")),
        lambda found: found == [bread["id"], milk["id"]],
    )

    # does it, and does not overwrite what was changed meanwhile
    url = f"/api/items/{milk['id']}"
    seen = user.get(url).headers["ETag"]
    done = user.patch(url, json={"done": True}, headers={"If-Match": seen})
    assert done.status_code == 200 and done.json()["done"] is True
    assert (
        user.patch(
            url, json={"title": "buy oat milk"}, headers={"If-Match": seen}
        ).status_code
        == 412
    )
    assert user.get(url).json() == done.json()

    # nobody else is to know
    assert anonymous.get(url).status_code == 401
    assert other.get(url).status_code == other.delete(url).status_code == 404
    assert milk["id"] not in ids(other.every("/api/items"))

    # comes back later, tidies up and leaves
    tokens = anonymous.post(
        "/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    ).json()
    user = Api(anonymous.http, tokens["access_token"])
    assert [
        user.delete(f"/api/items/{row['id']}").status_code for row in (milk, bread)
    ] == [204, 204]
    assert user.get(url).status_code == 404
    eventually(lambda: user.every("/api/items"), lambda found: found == [])
    last = {"refresh_token": tokens["refresh_token"]}
    assert anonymous.post("/api/auth/logout", json=last).status_code == 204
    assert anonymous.post("/api/auth/refresh", json=last).status_code == 401
