"""Signing keys come and go while the system runs, and no token that was given is
refused for it.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shop.accounts import signer
from shop.accounts.domain import Account
from shop.accounts.keys import KEY_OVERLAP, SigningKey, forget, load_keys, make_key
from shop.accounts.signer import RELOAD_INTERVAL, Signer
from shop.chassis.mechanism import remote_tokens
from shop.chassis.mechanism.remote_tokens import RemoteVerifier
from shop.chassis.mechanism.tokens import REFRESH
from shop.chassis.policy.errors import Unauthenticated

ACCOUNT = Account(email="a@example.com", password_hash="")


def aged(path: Path, seconds: float) -> Path:
    """The key's file, as if it had been made so long ago."""
    return path.rename(path.with_stem(str(int((time.time() - seconds) * 1000))))


def made(folder: Path, seconds: float) -> Path:
    """A key that was made so long ago."""
    before = set(folder.glob("*.pem"))
    make_key(folder)
    (new,) = set(folder.glob("*.pem")) - before
    return aged(new, seconds)


def test_a_new_key_is_known_everywhere_before_it_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, 10_000)
    here = Signer(partial(load_keys, tmp_path), "issuer", "api")
    elsewhere = RemoteVerifier(
        Signer(partial(load_keys, tmp_path), "issuer", "api").jwks, "issuer", "api"
    )

    async def rotate() -> None:
        begun, first, used = time.monotonic(), here.sign(ACCOUNT, ["read"]), set()
        new = made(tmp_path, 0)
        for seconds in range(0, 200, 5):
            new = aged(new, seconds)
            clock = SimpleNamespace(
                time=time.time, monotonic=lambda now=begun + seconds: now
            )
            monkeypatch.setattr(signer, "time", clock)
            monkeypatch.setattr(remote_tokens, "time", clock)
            token = here.sign(ACCOUNT, ["read"])
            used.add(jwt.get_unverified_header(token)["kid"])
            assert (await elsewhere.caller(token)).id == ACCOUNT.id
        assert len(used) == 2
        assert (await elsewhere.caller(first)).id == ACCOUNT.id

    asyncio.run(rotate())


def test_what_a_key_signed_goes_with_it_though_it_was_verified_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = made(tmp_path, 10_000)
    here = Signer(partial(load_keys, tmp_path), "issuer", "api")
    elsewhere = RemoteVerifier(here.jwks, "issuer", "api")

    async def withdraw() -> None:
        begun, token = time.monotonic(), here.sign(ACCOUNT, ["read"])
        assert (await elsewhere.caller(token)).id == ACCOUNT.id
        made(
            tmp_path, 9_000
        )  # a file is named by its moment: never that of the old one
        old.unlink()
        clock = SimpleNamespace(
            time=time.time, monotonic=lambda: begun + RELOAD_INTERVAL + REFRESH + 1
        )
        monkeypatch.setattr(signer, "time", clock)
        monkeypatch.setattr(remote_tokens, "time", clock)
        with suppress(Unauthenticated):
            await elsewhere.caller(token)  # looks for the keys, beside the request
        await asyncio.sleep(0)
        with pytest.raises(Unauthenticated):
            await elsewhere.caller(token)

    asyncio.run(withdraw())


def test_keys_that_cannot_be_read_again_go_on_signing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pems = [[SigningKey(ec.generate_private_key(ec.SECP256R1()))]]
    here = Signer(lambda: pems.pop(), "issuer", "api")
    monkeypatch.setattr(signer, "RELOAD_INTERVAL", -1.0)
    token = here.sign(ACCOUNT, ["read"])
    assert (
        jwt.get_unverified_header(token)["kid"]
        == asyncio.run(here.jwks())["keys"][0]["kid"]
    )


def test_a_key_is_thrown_away_when_no_token_needs_it(tmp_path: Path) -> None:
    old, new = made(tmp_path, KEY_OVERLAP + 120), made(tmp_path, KEY_OVERLAP - 60)
    forget(tmp_path)
    assert len(load_keys(tmp_path)) == 2
    new = aged(new, KEY_OVERLAP + 60)
    forget(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def test_there_is_no_system_without_a_key(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no signing key"):
        load_keys(tmp_path)
