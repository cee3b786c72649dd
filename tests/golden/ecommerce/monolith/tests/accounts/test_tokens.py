"""Access tokens that were not given by this system, or not for it, or not any more,
open nothing.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shop.accounts.keys import load_keys
from shop.apps.settings import Settings

from tests.api import Api


@pytest.fixture
def claims(user: Api) -> dict[str, Any]:
    """Of a token that opens everything."""
    now = int(time.time())
    given = jwt.decode(user.token, options={"verify_signature": False})
    return {**given, "roles": ["staff"], "iat": now, "exp": now + 900}


@pytest.fixture
def key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    private = load_keys(settings.jwt_keys)[-1].private
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return private


@pytest.fixture
def kid(anonymous: Api) -> str:
    """What the key is called in public."""
    return str(anonymous.get("/.well-known/jwks.json").json()["keys"][-1]["kid"])


def status(anonymous: Api, token: str) -> int:
    return Api(anonymous.http, token).get("/api/me").status_code


def test_the_public_keys_are_public_only(anonymous: Api) -> None:
    for key in anonymous.get("/.well-known/jwks.json").json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": 1},
        {"nbf": 4_102_444_800},
        {"aud": "somebody else"},
        {"iss": "somebody else"},
        {"sub": "not an id"},
        {"exp": None},
        {"sub": None},
    ],
)
def test_refuses_a_token_with_a_wrong_claim(
    anonymous: Api,
    claims: dict[str, Any],
    key: ec.EllipticCurvePrivateKey,
    kid: str,
    wrong: dict[str, Any],
) -> None:
    given = {
        name: value for name, value in {**claims, **wrong}.items() if value is not None
    }
    assert status(anonymous, jwt.encode(given, key, "ES256", {"kid": kid})) == 401


@pytest.mark.parametrize(("claim", "seconds"), [("iat", 3), ("nbf", 3), ("exp", -3)])
def test_clocks_may_differ_by_some_seconds(
    anonymous: Api,
    claims: dict[str, Any],
    key: ec.EllipticCurvePrivateKey,
    kid: str,
    claim: str,
    seconds: int,
) -> None:
    for by, expected in ((seconds, 200), (20 * seconds, 401)):
        given = {**claims, claim: int(time.time()) + by}
        assert (
            status(anonymous, jwt.encode(given, key, "ES256", {"kid": kid})) == expected
        )


def test_refuses_a_token_without_a_signature(
    anonymous: Api, claims: dict[str, Any], kid: str
) -> None:
    assert status(anonymous, jwt.encode(claims, "", "none", {"kid": kid})) == 401


def test_refuses_a_token_that_is_signed_with_the_public_key(
    anonymous: Api, claims: dict[str, Any], kid: str
) -> None:
    public = anonymous.get("/.well-known/jwks.json").json()["keys"][-1]["x"] * 2
    assert status(anonymous, jwt.encode(claims, public, "HS256", {"kid": kid})) == 401


@pytest.mark.parametrize("known", [True, False])
def test_refuses_a_token_of_another_key(
    anonymous: Api, claims: dict[str, Any], kid: str, known: bool
) -> None:
    another = ec.generate_private_key(ec.SECP256R1())
    assert (
        status(
            anonymous,
            jwt.encode(claims, another, "ES256", {"kid": kid if known else "unknown"}),
        )
        == 401
    )


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer nonsense", "Bearer a.b.c", "Basic YTpi", "Bearer " + "x" * 5000],
)
def test_refuses_what_is_no_token(anonymous: Api, header: str) -> None:
    assert (
        anonymous.get("/api/me", headers={"Authorization": header}).status_code == 401
    )


def test_a_token_of_nobody_who_is_registered_is_nobody(
    anonymous: Api, claims: dict[str, Any], key: ec.EllipticCurvePrivateKey, kid: str
) -> None:
    assert (
        status(
            anonymous,
            jwt.encode({**claims, "sub": str(uuid4())}, key, "ES256", {"kid": kid}),
        )
        == 401
    )
