"""Whoever asks too often waits; and whoever registers may be kept from learning who has
an account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest

from shop.accounts import throttle
from shop.accounts.passwords import Passwords
from shop.accounts.throttle import networks
from shop.apps import dev
from shop.apps.settings import Settings

from tests.api import Api, eventually
from tests.client import client_of

PASSWORD = "open sesame, please"


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mails of the instance that hides lie."""
    return tmp_path_factory.mktemp("hiding")


@pytest.fixture(scope="module")
def hiding(settings: Settings, mails: Path) -> Iterator[Api]:
    """An instance that hides who has an account."""
    changes = {"hide_accounts": True, "mail_url": f"file:{mails}"}
    with client_of(dev.create_app(settings.model_copy(update=changes))) as client:
        yield Api(client)


def mailed(folder: Path, address: str, subject: str) -> EmailMessage:
    """The mail of this subject that an address was sent; an event that is delivered twice
    sends it twice.
    """

    def found() -> list[EmailMessage]:
        files = folder.glob("*.eml")
        mails = [
            message_from_bytes(file.read_bytes(), policy=policy.default)
            for file in files
        ]
        return [
            mail
            for mail in mails
            if (mail["To"], mail["Subject"]) == (address, subject)
        ]

    return eventually(found, bool)[0]


@pytest.fixture
def register(anonymous: Api) -> Callable[[str], int]:
    """The status of registering this name."""
    return lambda name: (
        anonymous.post(
            "/api/auth/register",
            json={"email": f"{name}@example.com", "password": PASSWORD},
        ).status_code
    )


def test_an_address_that_is_told_of_many_accounts_must_wait_and_others_need_not(
    register: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        throttle, "networks", lambda _: ("192.0.2.1/32", "192.0.2.0/24")
    )
    monkeypatch.setattr(throttle, "TAKEN_TO_ADDRESS", 3)
    people = [uuid4().hex for _ in range(5)]
    assert [register(name) for name in people] == [201] * 5
    assert [register(name) for name in people] == [409, 409, 409, 429, 429]
    monkeypatch.setattr(
        throttle, "networks", lambda _: ("192.0.2.2/32", "192.0.2.0/24")
    )
    assert register(people[0]) == 409


def test_a_network_that_is_told_of_many_accounts_must_wait(
    register: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = iter(range(100))
    monkeypatch.setattr(
        throttle,
        "networks",
        lambda _: (f"198.51.100.{next(clients)}/32", "198.51.100.0/24"),
    )
    monkeypatch.setattr(throttle, "TAKEN_TO_NETWORK", 3)
    people = [uuid4().hex for _ in range(4)]
    assert [register(name) for name in people] == [201] * 4
    assert [register(name) for name in people] == [409, 409, 409, 429]


@pytest.mark.parametrize(
    ("address", "client", "network"),
    [
        ("203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("testclient", "testclient", "testclient"),
        ("", "", ""),
    ],
)
def test_who_counts_as_one_client(address: str, client: str, network: str) -> None:
    assert networks(address) == (client, network)


def test_who_hides_accounts_answers_alike_whether_there_is_one(
    hiding: Api, mails: Path
) -> None:
    """Registering, and logging in after that with the password that was just chosen."""
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    first = hiding.post("/api/auth/register", json=given)
    mailed(mails, given["email"], "Is this your address?")
    second = hiding.post(
        "/api/auth/register", json={**given, "password": "a guess of somebody"}
    )
    assert first.status_code == second.status_code == 201
    assert first.json() == {**second.json(), "id": first.json()["id"]}
    assert {*first.headers} == {*second.headers}
    for password in (PASSWORD, "a guess of somebody"):
        assert (
            hiding.post(
                "/api/auth/login", json={**given, "password": password}
            ).status_code
            == 401
        )
    assert mailed(mails, given["email"], "You have an account already")


def test_who_hides_accounts_lets_in_whoever_has_shown_that_the_address_is_theirs(
    hiding: Api, mails: Path
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert hiding.post("/api/auth/register", json=given).status_code == 201
    mail = mailed(mails, given["email"], "Is this your address?")
    token = str(mail.get_content()).partition("token=")[2].split()[0]
    assert (
        hiding.post(
            "/api/auth/verify-email/confirm",
            json={"token": token, "password": PASSWORD},
        ).status_code
        == 204
    )
    assert hiding.post("/api/auth/login", json=given).status_code == 200


def test_who_hides_accounts_mails_an_address_no_more_than_a_few_times(
    hiding: Api,
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    answers = [
        hiding.post("/api/auth/register", json=given).status_code for _ in range(4)
    ]
    assert answers == [201, 201, 201, 429]


def test_who_hides_accounts_lets_staff_in(hiding: Api, settings: Settings) -> None:
    given = {"email": settings.admin_email, "password": settings.admin_password}
    assert hiding.post("/api/auth/login", json=given).status_code == 200


@pytest.mark.usefixtures("real_hashes")
def test_no_more_guesses_are_answered_at_once_than_one_after_another(
    anonymous: Api,
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201

    def guess(number: int) -> int:
        body = {**given, "password": f"guess number {number}"}
        return anonymous.post("/api/auth/login", json=body).status_code

    with ThreadPoolExecutor(25) as guessing:
        answers = list(guessing.map(guess, range(25)))
    assert 0 < answers.count(401) <= throttle.LOGINS_OF_ACCOUNT


def test_a_right_guess_that_comes_beside_too_many_wrong_ones_is_not_told(
    anonymous: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    verify = Passwords.verified

    async def late(self: Passwords, password: str, known: str | None) -> str | None:
        # meanwhile others have failed
        monkeypatch.setattr(throttle, "LOGINS_OF_ACCOUNT", 0)
        return await verify(self, password, known)

    monkeypatch.setattr(Passwords, "verified", late)
    wrong = anonymous.post(
        "/api/auth/login", json={**given, "password": "a wrong guess"}
    )
    monkeypatch.setattr(throttle, "LOGINS_OF_ACCOUNT", 10)
    assert wrong.status_code == 429
    assert anonymous.post("/api/auth/login", json=given).status_code == 429


def test_who_asks_for_mail_again_and_again_keeps_nobody_waiting_for_longer(
    anonymous: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"email": f"{uuid4().hex}@example.com"}
    moment = datetime.now(UTC)
    monkeypatch.setattr(throttle, "now", lambda: moment)
    for minutes, status in [(0, 202), (0, 202), (0, 202), (1, 429), (3, 429), (2, 202)]:
        moment += timedelta(minutes=minutes)
        assert (
            anonymous.post("/api/auth/password-reset", json=body).status_code == status
        )
