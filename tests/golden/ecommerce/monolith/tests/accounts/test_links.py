"""Links that are mailed: they prove an address, once, and say nothing to who does not
own it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import jwt
import pytest

from tests.api import Api, eventually
from tests.mail_server import MailServer

PASSWORD, ANOTHER = "open sesame, please", "another password, then"
Mails = Callable[[str, str], list[str]]


@pytest.fixture
def credentials(anonymous: Api) -> dict[str, str]:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    return given


@pytest.fixture
def mails(mail: MailServer) -> Mails:
    """The tokens of the links that an address was sent for a purpose, the oldest first."""

    def found(address: str, purpose: str) -> list[str]:
        texts = [str(sent.get_content()) for sent in mail.sent[address]]
        return [
            token
            for text in texts
            for token in re.findall(rf"/{purpose}\?token=(\S+)", text)
        ]

    return found


def mailed(mails: Mails, address: str, purpose: str, count: int = 1) -> str:
    return eventually(
        lambda: mails(address, purpose), lambda tokens: len(tokens) == count
    )[-1]


def verified(anonymous: Api, credentials: dict[str, str]) -> bool:
    token = anonymous.post("/api/auth/login", json=credentials).json()["access_token"]
    return bool(
        jwt.decode(token, options={"verify_signature": False})["email_verified"]
    )


def test_who_registers_is_mailed_a_link_that_verifies_the_address_once(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    body = {
        "token": mailed(mails, credentials["email"], "verify-email"),
        "password": PASSWORD,
    }
    assert not verified(anonymous, credentials)
    uses = [
        anonymous.post("/api/auth/verify-email/confirm", json=body).status_code
        for _ in range(2)
    ]
    assert uses == [204, 422]
    assert verified(anonymous, credentials)


def test_a_click_alone_verifies_nothing_since_somebody_else_may_have_made_the_account(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    token = mailed(mails, credentials["email"], "verify-email")
    page = anonymous.get(f"/verify-email?token={token}")
    wrong = anonymous.post(
        "/api/auth/verify-email/confirm", json={"token": token, "password": ANOTHER}
    )
    without = anonymous.post("/api/auth/verify-email/confirm", json={"token": token})
    assert [page.status_code, wrong.status_code, without.status_code] == [200, 422, 422]
    assert [error["field"] for error in wrong.json()["errors"]] == ["password"]
    assert not verified(anonymous, credentials)
    body = {"token": token, "password": PASSWORD}
    # a slip does not use it up
    assert (
        anonymous.post("/api/auth/verify-email/confirm", json=body).status_code == 204
    )


def test_a_forgotten_password_is_replaced_once_and_ends_every_session(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    session = anonymous.post("/api/auth/login", json=credentials).json()[
        "refresh_token"
    ]
    assert (
        anonymous.post(
            "/api/auth/password-reset", json={"email": credentials["email"]}
        ).status_code
        == 202
    )
    chosen = {
        "token": mailed(mails, credentials["email"], "password-reset"),
        "password": ANOTHER,
    }
    uses = [
        anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code
        for _ in range(2)
    ]
    assert uses == [204, 422]
    assert anonymous.post("/api/auth/login", json=credentials).status_code == 401
    assert (
        anonymous.post("/api/auth/refresh", json={"refresh_token": session}).status_code
        == 401
    )
    assert (
        anonymous.post(
            "/api/auth/login", json={**credentials, "password": ANOTHER}
        ).status_code
        == 200
    )


def test_whatever_link_is_used_those_that_were_mailed_before_are_used_up_with_it(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    email = {"email": credentials["email"]}
    verify = mailed(mails, credentials["email"], "verify-email")
    for count in (1, 2):
        assert anonymous.post("/api/auth/password-reset", json=email).status_code == 202
        mailed(mails, credentials["email"], "password-reset", count)
    first, second = mails(credentials["email"], "password-reset")
    chosen = {"token": second, "password": ANOTHER}
    assert (
        anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code
        == 204
    )
    chosen = {"token": first, "password": PASSWORD}
    assert (
        anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code
        == 422
    )
    assert (
        anonymous.post(
            "/api/auth/verify-email/confirm",
            json={"token": verify, "password": ANOTHER},
        ).status_code
        == 422
    )
    assert (
        anonymous.post(
            "/api/auth/login", json={**credentials, "password": ANOTHER}
        ).status_code
        == 200
    )


def test_a_link_is_good_for_its_own_purpose_alone(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    token = mailed(mails, credentials["email"], "verify-email")
    chosen = {"token": token, "password": ANOTHER}
    assert (
        anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code
        == 422
    )
    body = {"token": token[:-2], "password": PASSWORD}
    assert (
        anonymous.post("/api/auth/verify-email/confirm", json=body).status_code == 422
    )


def test_who_asks_for_a_link_does_not_learn_whether_the_address_has_an_account(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    nobody = f"{uuid4().hex}@example.com"
    asked = [
        anonymous.post("/api/auth/password-reset", json={"email": email})
        for email in (nobody, credentials["email"])
    ]
    assert [(answer.status_code, answer.content) for answer in asked] == [
        (202, b""),
        (202, b""),
    ]
    mailed(mails, credentials["email"], "password-reset")
    assert mails(nobody, "password-reset") == []


def test_an_address_is_not_flooded_with_mail(anonymous: Api) -> None:
    body = {"email": f"{uuid4().hex}@example.com"}
    answers = [anonymous.post("/api/auth/password-reset", json=body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].headers["Retry-After"]


@pytest.mark.parametrize("token", ["", "nonsense", f"{UUID(int=7)}.secret", "x" * 300])
def test_refuses_a_link_that_nobody_was_sent(anonymous: Api, token: str) -> None:
    body = {"token": token, "password": PASSWORD}
    assert (
        anonymous.post("/api/auth/verify-email/confirm", json=body).status_code == 422
    )
