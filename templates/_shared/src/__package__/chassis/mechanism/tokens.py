"""Access tokens (JWT, ES256 or RS256) signed by the accounts module, verified by its
public keys (JWKS); keys may be rotated.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import jwt
from cachetools import LRUCache

from . import audit
from .errors import Unauthenticated
from .identity import EVERY_SCOPE, Caller

REFRESH = 60.0  # seconds after which other processes ask for the public keys again
SKEW = 5.0  # seconds that clocks may differ by


class Verifier:
    """Turns a token into its caller.

    `jwks` gives the public keys, which are at hand in this process (those of another:
    `remote_tokens.py`).

    A token that was verified is remembered until it expires or the keys change: when a
    key goes, what it signed goes with it.
    """

    longest = 4096  # characters of a token

    def __init__(
        self, jwks: Callable[[], Awaitable[dict[str, Any]]], issuer: str, audience: str
    ) -> None:
        self._jwks = jwks
        self._issuer = issuer
        self._audience = audience
        self._published: dict[str, Any] = {}
        self._keys: dict[str, jwt.PyJWK] = {}
        self._callers: LRUCache[str, tuple[float, Caller]] = LRUCache(10_000)

    async def caller(self, token: str) -> Caller:
        """Whoever the token was given to (Unauthenticated: it is not valid, or not any
        more).
        """
        await self._look_for_keys()
        known = self._callers.get(token)
        if known is not None and time.time() < known[0]:
            return known[1]
        try:
            if len(token) > self.longest:
                raise jwt.InvalidTokenError("too long")
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = self._claims(token, key)
            caller = self._caller(claims)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            if not isinstance(error, jwt.ExpiredSignatureError):
                audit.record("token_refused", reason=type(error).__name__)
            raise Unauthenticated("The token is not valid") from error
        self._callers[token] = (float(claims["exp"]), caller)
        return caller

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        """(PyJWTError: the token is not right)"""
        return jwt.decode(
            token,
            key,
            ["ES256", "RS256"],
            {"require": ["exp", "iat", "sub"]},
            audience=self._audience,
            issuer=self._issuer,
            leeway=SKEW,
        )

    def _caller(self, claims: dict[str, Any]) -> Caller:
        roles = frozenset(claims.get("roles", ()))
        scopes = frozenset(EVERY_SCOPE)
        if "scope" in claims:
            scopes = frozenset(str(claims["scope"]).split())
        return Caller(UUID(claims["sub"]), roles, scopes)

    async def _look_for_keys(self) -> None:
        await self._refresh()

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys:
            raise jwt.InvalidTokenError("no such key")
        return self._keys[kid]

    async def _refresh(self) -> None:
        published = await self._jwks()
        if published != self._published:
            self._keys = _signing_keys(published)
            self._published = published
            self._callers.clear()


def _signing_keys(published: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    if not published["keys"]:  # PyJWT refuses a set of none
        return {}
    keys = jwt.PyJWKSet.from_dict(published).keys
    return {str(key.key_id): key for key in keys if key.public_key_use in ("sig", None)}
