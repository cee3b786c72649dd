"""A password is the same however it is typed, and its hash is as good as today's
parameters ask.
"""

from __future__ import annotations

import asyncio
from typing import Literal, get_args
from unicodedata import normalize
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from shop.accounts import passwords
from shop.accounts.passwords import HASHER, Passwords

from tests.api import Api

pytestmark = pytest.mark.usefixtures("real_hashes")
TYPED = "caf\u00e9 \ufb01ve \u2460"
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def verified(password: str, known: str | None) -> str | None:
    return asyncio.run(Passwords().verified(password, known))


@pytest.mark.parametrize("form", get_args(Form))
def test_a_password_logs_in_in_whatever_unicode_form_it_is_typed(
    anonymous: Api, form: Form
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": TYPED}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    again = {**given, "password": normalize(form, TYPED)}
    assert anonymous.post("/api/auth/login", json=again).status_code == 200


def test_a_hash_of_what_was_typed_is_good_still_and_is_renewed() -> None:
    old = HASHER.hash(normalize("NFD", TYPED))
    kept = verified(normalize("NFD", TYPED), old)
    assert kept is not None and kept != old
    assert verified(TYPED, kept) == kept


def test_a_hash_of_weaker_parameters_is_renewed_and_a_good_one_is_kept() -> None:
    old, good = WEAK.hash("open sesame"), HASHER.hash("open sesame")
    kept = verified("open sesame", old)
    assert kept is not None and kept != old and not HASHER.check_needs_rehash(kept)
    assert verified("open sesame", good) == good
    assert verified("close sesame", old) is None


def test_whoever_logs_in_has_the_better_hash_from_then_on(
    anonymous: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"email": f"{uuid4().hex}@example.com", "password": "open sesame"}
    with monkeypatch.context() as before:
        before.setattr(passwords, "HASHER", WEAK)
        assert anonymous.post("/api/auth/register", json=given).status_code == 201
    known: list[str | None] = []
    check = Passwords.verified

    async def seen(self: Passwords, password: str, hashed: str | None) -> str | None:
        known.append(hashed)
        return await check(self, password, hashed)

    monkeypatch.setattr(Passwords, "verified", seen)
    for _ in range(2):
        assert anonymous.post("/api/auth/login", json=given).status_code == 200
    weak, better = known
    assert weak is not None and HASHER.check_needs_rehash(weak)
    assert better is not None and not HASHER.check_needs_rehash(better)


def test_an_address_without_an_account_costs_as_much_as_one_with_it() -> None:
    assert not HASHER.check_needs_rehash(passwords._dummy_hash())
    assert verified("open sesame", None) is None


def test_a_link_that_nobody_was_sent_costs_no_hash(
    anonymous: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "_hash", hashed.append)
    for token in (f"{uuid4()}.secret", "nonsense"):
        body = {"token": token, "password": TYPED}
        assert (
            anonymous.post("/api/auth/password-reset/confirm", json=body).status_code
            == 422
        )
        assert anonymous.post("/password-reset", data=body).status_code == 422
    assert hashed == []
