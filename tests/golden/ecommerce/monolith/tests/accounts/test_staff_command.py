"""Who is given the role of staff, and who it is taken from, as operators say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from uuid import uuid4

import jwt
import pytest

from shop.accounts.domain import Account, Session
from shop.apps.settings import Settings
from shop.apps.staff import main

from tests.api import Api, eventually
from tests.mail_server import MailServer

PASSWORD = "open sesame, please"
Command = Callable[..., str]


@pytest.fixture
def own(anonymous: Api, settings: Settings) -> Settings:
    """What the command is told of the system that runs."""
    return settings


@pytest.fixture
def command(own: Settings) -> Command:
    def said(action: str, email: str, password: str = "") -> str:
        return asyncio.run(main(own, action, email, password))

    return said


def roles(anonymous: Api, email: str, password: str = PASSWORD) -> list[str]:
    """As a token says them."""
    tokens = anonymous.post(
        "/api/auth/login", json={"email": email, "password": password}
    ).json()
    return list(
        jwt.decode(tokens["access_token"], options={"verify_signature": False})["roles"]
    )


def token_of(mail: MailServer, email: str, count: int = 1) -> str:
    """Of the last link that an address was mailed, when there are so many."""
    sent = eventually(lambda: mail.sent[email], lambda mails: len(mails) == count)
    return str(sent[-1].get_content()).partition("token=")[2].split()[0]


def proven(anonymous: Api, mail: MailServer) -> dict[str, str]:
    """The credentials of an account that has shown that the address is its owner's."""
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    shown = {"token": token_of(mail, given["email"]), "password": PASSWORD}
    assert (
        anonymous.post("/api/auth/verify-email/confirm", json=shown).status_code == 204
    )
    return given


def test_the_role_is_given_and_taken(
    anonymous: Api, command: Command, mail: MailServer
) -> None:
    email = proven(anonymous, mail)["email"]
    assert (
        command("give", email)
        == f"{email} is staff now, with the account and the password that was there"
    )
    assert roles(anonymous, email) == ["staff"]
    assert command("give", email) == f"{email} is staff already"
    assert "not staff any more" in command("take", email)
    assert roles(anonymous, email) == []
    assert command("take", email) == f"{email} is not staff"


def test_whoever_is_given_or_taken_the_role_goes_on_with_no_session_of_before(
    anonymous: Api, command: Command, mail: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "audit")
    given = proven(anonymous, mail)
    for what in ("give", "take"):
        token = anonymous.post("/api/auth/login", json=given).json()["refresh_token"]
        command(what, given["email"])
        assert (
            anonymous.post(
                "/api/auth/refresh", json={"refresh_token": token}
            ).status_code
            == 401
        )
    told = [
        record.__dict__["event"] for record in caplog.records if record.name == "audit"
    ]
    assert [event for event in told if event.startswith("role")] == [
        "role_given",
        "role_taken",
    ]


@pytest.mark.parametrize("chosen", ["", "of the operator's choice"])
def test_whoever_registered_with_an_address_that_may_not_be_theirs_is_not_staff_by_it(
    anonymous: Api, command: Command, mail: MailServer, chosen: str
) -> None:
    somebody = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=somebody).status_code == 201
    token_of(mail, somebody["email"])
    session = anonymous.post("/api/auth/login", json=somebody).json()["refresh_token"]
    assert "its password ends" in command("give", somebody["email"], chosen)
    assert anonymous.post("/api/auth/login", json=somebody).status_code == 401
    assert (
        anonymous.post("/api/auth/refresh", json={"refresh_token": session}).status_code
        == 401
    )
    if not chosen:
        # whatever happens next in the system takes the mail along
        assert (
            anonymous.post(
                "/api/auth/verify-email", json={"email": somebody["email"]}
            ).status_code
            == 202
        )
        eventually(lambda: mail.sent[somebody["email"]], lambda mails: len(mails) == 3)
        texts = [str(sent.get_content()) for sent in mail.sent[somebody["email"]]]
        (text,) = (text for text in texts if "/password-reset?" in text)
        chosen = "of the owner's choice"
        body = {"token": text.partition("token=")[2].split()[0], "password": chosen}
        assert (
            anonymous.post("/api/auth/password-reset/confirm", json=body).status_code
            == 204
        )
    assert roles(anonymous, somebody["email"], chosen) == ["staff"]


def test_who_has_no_account_gets_one(anonymous: Api, command: Command) -> None:
    email = f"{uuid4().hex}@example.com"
    assert (
        command("give", email, PASSWORD) == f"{email} is staff now, with a new account"
    )
    assert roles(anonymous, email) == ["staff"]


def test_who_is_given_no_password_is_mailed_a_link_to_choose_one(
    anonymous: Api, command: Command, mail: MailServer
) -> None:
    email = f"{uuid4().hex}@example.com"
    assert "link" in command("give", email)
    # whatever happens next in the system takes the mail along
    assert (
        anonymous.post("/api/auth/password-reset", json={"email": email}).status_code
        == 202
    )
    sent = eventually(lambda: mail.sent[email], lambda mails: len(mails) == 2)
    token = str(sent[0].get_content()).partition("token=")[2].split()[0]
    chosen = {"token": token, "password": PASSWORD}
    assert (
        anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code
        == 204
    )
    assert roles(anonymous, email) == ["staff"]


def test_other_roles_end_every_session() -> None:
    account = Account(email="a@example.com", password_hash="")
    session, _ = Session.begin(account, ("read",))
    assert session.holds(account)
    assert not session.holds(account.with_roles(("staff",)))
