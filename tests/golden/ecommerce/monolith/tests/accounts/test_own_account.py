"""What people do with their own account: another password, and the end of it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api import Api

PASSWORD, ANOTHER = "open sesame, please", "another password, then"


@pytest.fixture
def credentials(anonymous: Api) -> dict[str, str]:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    return given


def login(anonymous: Api, credentials: dict[str, str], **more: str) -> tuple[Api, str]:
    tokens = anonymous.post("/api/auth/login", json={**credentials, **more}).json()
    return Api(anonymous.http, tokens["access_token"]), tokens["refresh_token"]


def statuses(anonymous: Api, credentials: dict[str, str], *passwords: str) -> list[int]:
    return [
        anonymous.post(
            "/api/auth/login", json={**credentials, "password": password}
        ).status_code
        for password in passwords
    ]


def test_another_password_takes_the_place_of_the_old_one_and_ends_every_session(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    me, session = login(anonymous, credentials)
    changed = me.post(
        "/api/me/password", json={"password": PASSWORD, "new_password": ANOTHER}
    )
    assert (changed.status_code, changed.content) == (204, b"")
    assert statuses(anonymous, credentials, PASSWORD, ANOTHER) == [401, 200]
    assert (
        anonymous.post("/api/auth/refresh", json={"refresh_token": session}).status_code
        == 401
    )


def test_a_deleted_account_is_no_more_and_its_address_is_free(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    me, session = login(anonymous, credentials)
    deleted = me.delete("/api/me", json={"password": PASSWORD})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert me.get("/api/me").status_code == 401
    assert me.delete("/api/me", json={"password": PASSWORD}).status_code == 401
    assert statuses(anonymous, credentials, PASSWORD) == [401]
    assert (
        anonymous.post("/api/auth/refresh", json={"refresh_token": session}).status_code
        == 401
    )
    again = anonymous.post("/api/auth/register", json=credentials)
    assert again.status_code == 201


def test_who_does_not_know_the_password_changes_and_deletes_nothing(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    me, _ = login(anonymous, credentials)
    answers = [
        me.post(
            "/api/me/password", json={"password": ANOTHER, "new_password": ANOTHER}
        ),
        me.delete("/api/me", json={"password": ANOTHER}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert {answer.json()["detail"] for answer in answers} == {"The password is wrong"}
    assert statuses(anonymous, credentials, PASSWORD) == [200]


def test_a_password_is_not_guessed_by_who_has_a_token(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    me, _ = login(anonymous, credentials)
    tries = [
        me.delete("/api/me", json={"password": ANOTHER}).status_code for _ in range(11)
    ]
    assert tries == [403] * 10 + [429]


@pytest.mark.parametrize(
    "body",
    [{}, {"password": PASSWORD}, {"password": PASSWORD, "new_password": "short"}],
)
def test_a_new_password_is_one(
    anonymous: Api, credentials: dict[str, str], body: dict[str, str]
) -> None:
    me, _ = login(anonymous, credentials)
    assert me.post("/api/me/password", json=body).status_code == 422


def test_a_token_that_may_only_read_leaves_the_account_alone(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    me, _ = login(anonymous, credentials, scope="read")
    assert me.delete("/api/me", json={"password": PASSWORD}).status_code == 403
    assert anonymous.delete("/api/me", json={"password": PASSWORD}).status_code == 401
