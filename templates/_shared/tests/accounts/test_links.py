"""Links that are mailed: they prove an address, once, and say nothing to who does not own it."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api import Api, eventually

PASSWORD, ANOTHER = "open sesame, please", "another password, then"
Mails = Callable[[str, str], list[str]]


@pytest.fixture
def credentials(anonymous: Api) -> dict[str, str]:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    return given


@pytest.fixture
def mails(mail_folder: Path) -> Mails:
    """The tokens of the links that an address was sent for a purpose, the oldest first."""

    def found(address: str, purpose: str) -> list[str]:
        read = [
            message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(mail_folder.glob("*.eml"))
        ]
        texts = [str(mail.get_content()) for mail in read if mail["To"] == address]
        return [token for text in texts for token in re.findall(rf"/{purpose}\?token=(\S+)", text)]

    return found


def mailed(mails: Mails, address: str, purpose: str, count: int = 1) -> str:
    return eventually(lambda: mails(address, purpose), lambda tokens: len(tokens) == count)[-1]


def test_who_registers_is_mailed_a_link_that_verifies_the_address_once(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    token = mailed(mails, credentials["email"], "verify-email")
    uses = [anonymous.post("/api/auth/verify-email/confirm", json={"token": token}).status_code for _ in range(2)]
    assert uses == [204, 422]


def test_a_forgotten_password_is_replaced_once_and_ends_every_session(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    session = anonymous.post("/api/auth/login", json=credentials).json()["refresh_token"]
    assert anonymous.post("/api/auth/password-reset", json={"email": credentials["email"]}).status_code == 202
    chosen = {"token": mailed(mails, credentials["email"], "password-reset"), "password": ANOTHER}
    uses = [anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code for _ in range(2)]
    assert uses == [204, 422]
    assert anonymous.post("/api/auth/login", json=credentials).status_code == 401
    assert anonymous.post("/api/auth/refresh", json={"refresh_token": session}).status_code == 401
    assert anonymous.post("/api/auth/login", json={**credentials, "password": ANOTHER}).status_code == 200


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
    assert anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code == 204
    chosen = {"token": first, "password": PASSWORD}
    assert anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code == 422
    assert anonymous.post("/api/auth/verify-email/confirm", json={"token": verify}).status_code == 422
    assert anonymous.post("/api/auth/login", json={**credentials, "password": ANOTHER}).status_code == 200


def test_a_link_is_good_for_its_own_purpose_alone(anonymous: Api, credentials: dict[str, str], mails: Mails) -> None:
    token = mailed(mails, credentials["email"], "verify-email")
    chosen = {"token": token, "password": ANOTHER}
    assert anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code == 422
    assert anonymous.post("/api/auth/verify-email/confirm", json={"token": token[:-1]}).status_code == 422


def test_who_asks_for_a_link_does_not_learn_whether_the_address_has_an_account(
    anonymous: Api, credentials: dict[str, str], mails: Mails
) -> None:
    nobody = f"{uuid4().hex}@example.com"
    asked = [
        anonymous.post("/api/auth/password-reset", json={"email": email}) for email in (nobody, credentials["email"])
    ]
    assert [(answer.status_code, answer.content) for answer in asked] == [(202, b""), (202, b"")]
    mailed(mails, credentials["email"], "password-reset")
    assert mails(nobody, "password-reset") == []


def test_an_address_is_not_flooded_with_mail(anonymous: Api) -> None:
    body = {"email": f"{uuid4().hex}@example.com"}
    answers = [anonymous.post("/api/auth/password-reset", json=body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].headers["Retry-After"]


@pytest.mark.parametrize("token", ["", "nonsense", f"{uuid4()}.secret", "x" * 300])
def test_refuses_a_link_that_nobody_was_sent(anonymous: Api, token: str) -> None:
    assert anonymous.post("/api/auth/verify-email/confirm", json={"token": token}).status_code == 422
