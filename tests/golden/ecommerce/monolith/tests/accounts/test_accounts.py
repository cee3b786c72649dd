"""Registering, logging in, and staying logged in, over HTTP."""

from __future__ import annotations

from uuid import UUID, uuid4

import jwt
import pytest

from tests.api import Api

PASSWORD = "open sesame, please"


@pytest.fixture
def credentials(anonymous: Api) -> dict[str, str]:
    """Of somebody who has just registered."""
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    return given


def refresh(anonymous: Api, token: str) -> int:
    return anonymous.post(
        "/api/auth/refresh", json={"refresh_token": token}
    ).status_code


def test_who_logs_in_is_who_registered(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    tokens = anonymous.post("/api/auth/login", json=credentials).json()
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 900
    me = Api(anonymous.http, tokens["access_token"]).get("/api/me").json()
    assert me == {"id": me["id"], "email": credentials["email"], "roles": []}


def test_an_address_has_one_account_however_it_is_written(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    again = {**credentials, "email": credentials["email"].upper()}
    answer = anonymous.post("/api/auth/register", json=again)
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]
    assert anonymous.post("/api/auth/login", json=again).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"},
        {"email": "a b@example.com"},
        {"password": "short"},
        {"password": None},
        {"roles": ["staff"]},
    ],
)
def test_refuses_an_account_that_is_not_right(
    anonymous: Api, wrong: dict[str, object]
) -> None:
    body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, **wrong}
    answer = anonymous.post("/api/auth/register", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(wrong)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    wrong = anonymous.post(
        "/api/auth/login", json={**credentials, "password": "something else"}
    )
    unknown = anonymous.post(
        "/api/auth/login", json={**credentials, "email": "nobody@example.com"}
    )
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


def test_after_ten_wrong_passwords_an_account_must_wait_even_with_the_right_one(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    wrong = {**credentials, "password": "something else"}
    assert {
        anonymous.post("/api/auth/login", json=wrong).status_code for _ in range(10)
    } == {401}
    answer = anonymous.post("/api/auth/login", json=credentials)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_a_token_is_good_for_no_more_than_was_asked_for(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    tokens = anonymous.post(
        "/api/auth/login", json={**credentials, "scope": "read"}
    ).json()
    renewed = anonymous.post(
        "/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    ).json()
    for token in (tokens["access_token"], renewed["access_token"]):
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["scope"] == "read"
    assert (
        anonymous.post(
            "/api/auth/login", json={**credentials, "scope": "everything"}
        ).status_code
        == 422
    )


def test_who_logs_out_cannot_refresh(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    token = anonymous.post("/api/auth/login", json=credentials).json()["refresh_token"]
    assert (
        anonymous.post("/api/auth/logout", json={"refresh_token": token}).status_code
        == 204
    )
    assert refresh(anonymous, token) == 401
    assert (
        anonymous.post("/api/auth/logout", json={"refresh_token": token}).status_code
        == 204
    )


@pytest.mark.parametrize(
    "token", ["", "nonsense", f"{UUID(int=7)}.secret", f"{UUID(int=7)}"]
)
def test_refuses_a_refresh_token_that_it_did_not_give(
    anonymous: Api, token: str
) -> None:
    assert refresh(anonymous, token) == 401


def test_the_member_of_staff_of_the_settings_is_there(staff: Api) -> None:
    assert staff.get("/api/me").json()["roles"] == ["staff"]


def test_who_has_not_logged_in_is_nobody(anonymous: Api) -> None:
    answer = anonymous.get("/api/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_that_may_only_write_reads_not_even_whose_it_is(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    tokens = anonymous.post(
        "/api/auth/login", json={**credentials, "scope": "write"}
    ).json()
    assert Api(anonymous.http, tokens["access_token"]).get("/api/me").status_code == 403
