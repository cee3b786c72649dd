"""Staying logged in: refresh tokens and their families, and what ends them, also what
is under way just then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from anyio import to_thread

from shop.accounts import service
from shop.accounts.domain import REUSE_GRACE, Account, Session
from shop.accounts.passwords import Passwords
from shop.chassis.mechanism.unit_of_work import BaseRepository
from shop.chassis.policy.entity import now

from tests.api import Api, eventually
from tests.mail_server import MailServer

PASSWORD, ANOTHER = "open sesame, please", "another password, then"
Reset = Callable[[], int]


@pytest.fixture
def credentials(anonymous: Api) -> dict[str, str]:
    """Of somebody who has just registered."""
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    return given


@pytest.fixture
def reset(anonymous: Api, credentials: dict[str, str], mail: MailServer) -> Reset:
    """Sets the password anew, with a link that was mailed; the status of the answer."""

    def tokens() -> list[str]:
        texts = [str(sent.get_content()) for sent in mail.sent[credentials["email"]]]
        return [
            token
            for text in texts
            for token in re.findall(r"/password-reset\?token=(\S+)", text)
        ]

    anonymous.post("/api/auth/password-reset", json={"email": credentials["email"]})
    chosen = {"token": eventually(tokens, bool)[0], "password": ANOTHER}
    return lambda: (
        anonymous.post("/api/auth/password-reset/confirm", json=chosen).status_code
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Puts the clock forward for whoever comes with a refresh token."""
    return lambda by: monkeypatch.setattr(service, "now", lambda: now() + by)


def login(anonymous: Api, credentials: dict[str, str]) -> str:
    """A refresh token."""
    return str(
        anonymous.post("/api/auth/login", json=credentials).json()["refresh_token"]
    )


def refresh(anonymous: Api, token: str) -> tuple[int, str]:
    """The status, and the next refresh token."""
    answer = anonymous.post("/api/auth/refresh", json={"refresh_token": token})
    return answer.status_code, answer.json().get("refresh_token", "")


def test_a_refresh_token_that_comes_twice_at_once_gives_two_pairs_and_both_go_on(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    first = login(anonymous, credentials)
    with ThreadPoolExecutor(4) as tabs:
        found = list(tabs.map(partial(refresh, anonymous), [first] * 4))
    assert [status for status, _ in found] == [200] * 4
    assert len({token for _, token in found}) == 4
    for _, token in found:
        status, following = refresh(anonymous, token)
        assert (status, refresh(anonymous, following)[0]) == (200, 200)


def test_a_refresh_token_that_comes_again_ten_seconds_after_its_first_use_ends_its_family(
    anonymous: Api, credentials: dict[str, str], later: Callable[[timedelta], None]
) -> None:
    first, elsewhere = login(anonymous, credentials), login(anonymous, credentials)
    _, second = refresh(anonymous, first)
    later(REUSE_GRACE - timedelta(seconds=2))
    status, third = refresh(anonymous, first)
    assert status == 200
    later(REUSE_GRACE + timedelta(seconds=1))
    assert refresh(anonymous, first)[0] == 401
    assert [refresh(anonymous, token)[0] for token in (second, third)] == [401, 401]
    assert refresh(anonymous, elsewhere)[0] == 200


def test_a_refresh_token_long_out_of_use_ends_its_family_too(
    anonymous: Api, credentials: dict[str, str], later: Callable[[timedelta], None]
) -> None:
    tokens = [login(anonymous, credentials)]
    for turn in range(3):
        later(turn * timedelta(minutes=15))
        tokens.append(refresh(anonymous, tokens[-1])[1])
    assert refresh(anonymous, tokens[0])[0] == 401
    assert refresh(anonymous, tokens[-1])[0] == 401


def test_a_session_keeps_no_more_refresh_tokens_than_it_needs() -> None:
    session, first = Session.begin(
        Account(email="a@example.com", password_hash=""), ("read",)
    )
    for _ in range(100):
        renewed = session.renewed(first.partition(".")[2], now())
        assert renewed is not None
        session = renewed[0]
    assert len(session.tokens) < 40


def test_whoever_logs_out_with_a_refresh_token_that_was_used_ends_its_family(
    anonymous: Api, credentials: dict[str, str]
) -> None:
    first = login(anonymous, credentials)
    _, second = refresh(anonymous, first)
    assert (
        anonymous.post("/api/auth/logout", json={"refresh_token": first}).status_code
        == 204
    )
    assert refresh(anonymous, second)[0] == 401


@pytest.fixture(params=["reset", "change of password", "deletion"])
def meanwhile(
    request: pytest.FixtureRequest,
    anonymous: Api,
    credentials: dict[str, str],
    reset: Reset,
) -> Callable[[], int]:
    """What ends every session; the status of the answer."""
    owner = Api(
        anonymous.http,
        anonymous.post("/api/auth/login", json=credentials).json()["access_token"],
    )
    known = {"password": credentials["password"]}
    ends = {
        "reset": reset,
        "change of password": lambda: (
            owner.post(
                "/api/me/password", json={**known, "new_password": ANOTHER}
            ).status_code
        ),
        "deletion": lambda: owner.request("DELETE", "/api/me", json=known).status_code,
    }
    return ends[request.param]


def test_a_login_that_is_under_way_meanwhile_does_not_outlive_it(
    anonymous: Api,
    credentials: dict[str, str],
    meanwhile: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verified = Passwords.verified

    async def slow(self: Passwords, password: str, known: str | None) -> str | None:
        kept = await verified(self, password, known)
        monkeypatch.setattr(Passwords, "verified", verified)
        assert await to_thread.run_sync(meanwhile) == 204
        return kept

    monkeypatch.setattr(Passwords, "verified", slow)
    assert refresh(anonymous, login(anonymous, credentials))[0] == 401


def test_a_refresh_that_is_under_way_meanwhile_does_not_outlive_it(
    anonymous: Api,
    credentials: dict[str, str],
    meanwhile: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = login(anonymous, credentials)
    get = BaseRepository.get

    async def slow(self: BaseRepository[Any], entity_id: UUID) -> Any:
        found = await get(self, entity_id)
        if isinstance(found, Account):
            monkeypatch.setattr(BaseRepository, "get", get)
            assert await to_thread.run_sync(meanwhile) == 204
        return found

    monkeypatch.setattr(BaseRepository, "get", slow)
    status, second = refresh(anonymous, first)
    assert status == 200
    assert refresh(anonymous, second)[0] == 401


@pytest.mark.usefixtures("real_hashes")
def test_of_many_logins_around_a_reset_no_session_with_the_old_password_is_left(
    anonymous: Api, credentials: dict[str, str], reset: Reset
) -> None:
    with ThreadPoolExecutor(8) as people:
        asked = [
            people.submit(anonymous.post, "/api/auth/login", json=credentials)
            for _ in range(7)
        ]
        eventually(reset, lambda status: status != 503)
    answers = [login.result() for login in asked]
    tokens = [
        answer.json()["refresh_token"]
        for answer in answers
        if answer.status_code == 200
    ]
    assert [refresh(anonymous, token)[0] for token in tokens] == [401] * len(tokens)
    assert (
        refresh(anonymous, login(anonymous, {**credentials, "password": ANOTHER}))[0]
        == 200
    )


def test_another_password_ends_every_session_and_a_proven_address_ends_none() -> None:
    account = Account(email="a@example.com", password_hash="")
    session, _ = Session.begin(account, ("read",))
    assert session.holds(account.with_address())
    assert not session.holds(account.with_password("another"))
