"""The audit log: who did what to which account, and from where, and never a secret."""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest

from shop.accounts import throttle

from tests.api import Api

PASSWORD = "open sesame, please"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "audit")
    return caplog


def events(lines: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.__dict__["event"] for record in lines.records if record.name == "audit"
    ]


def test_logins_that_fail_and_accounts_that_are_locked_are_told_with_who_and_from_where(
    anonymous: Api, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "LOGINS_OF_ACCOUNT", 2)
    given = {"email": f"{uuid4().hex}@example.com", "password": "a wrong password"}
    for _ in range(3):
        anonymous.post("/api/auth/login", json=given)
    assert events(lines) == [
        "login_failed",
        "login_failed",
        "account_locked",
        "login_refused",
    ]
    for record in lines.records:
        if record.name == "audit":
            assert record.__dict__["email"] == given["email"]
            assert record.__dict__["address"]


def test_what_becomes_of_sessions_is_told_and_no_secret_is(
    anonymous: Api, lines: pytest.LogCaptureFixture
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    account = anonymous.post("/api/auth/register", json=given).json()["id"]
    token = anonymous.post("/api/auth/login", json=given).json()["refresh_token"]
    session = token.partition(".")[0]
    anonymous.post("/api/auth/refresh", json={"refresh_token": f"{session}.another"})
    token = anonymous.post("/api/auth/login", json=given).json()["refresh_token"]
    anonymous.post("/api/auth/logout", json={"refresh_token": token})
    anonymous.post("/api/auth/password-reset", json={"email": given["email"]})
    assert events(lines) == [
        "registered",
        "logged_in",
        "refresh_token_reused",
        "logged_in",
        "logged_out",
        "link_requested",
    ]
    about = [record.__dict__ for record in lines.records if record.name == "audit"]
    assert {line["account"] for line in about if "account" in line} == {account}
    text = " ".join(str(line) for line in about)
    assert (
        PASSWORD not in text
        and token not in text
        and token.partition(".")[2] not in text
    )


def test_a_token_that_opens_nothing_is_told(
    anonymous: Api, lines: pytest.LogCaptureFixture
) -> None:
    assert Api(anonymous.http, "a.b.c").get("/api/me").status_code == 401
    assert events(lines) == ["token_refused"]


def test_another_password_and_the_end_of_an_account_are_told(
    anonymous: Api, lines: pytest.LogCaptureFixture
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    anonymous.post("/api/auth/register", json=given)
    owner = Api(
        anonymous.http,
        anonymous.post("/api/auth/login", json=given).json()["access_token"],
    )
    lines.clear()
    owner.post(
        "/api/me/password",
        json={"password": "a wrong one", "new_password": "another password"},
    )
    owner.post(
        "/api/me/password",
        json={"password": PASSWORD, "new_password": "another password"},
    )
    owner.request("DELETE", "/api/me", json={"password": "another password"})
    assert events(lines) == ["login_failed", "password_changed", "account_deleted"]
