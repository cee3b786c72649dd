"""Access tokens: JWT signed with ES256 by the accounts module; whoever verifies needs only its public keys (JWKS)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import jwt
from cachetools import TTLCache

from .access import Caller
from .errors import Unauthenticated

LIFETIME = 15 * 60  # seconds


class Verifier:
    """Turns a token into its caller. `jwks` gives the public keys; it is asked again for a key it did not have."""

    longest = 4096  # characters of a token

    def __init__(self, jwks: Callable[[], Awaitable[dict[str, Any]]], issuer: str, audience: str) -> None:
        self._jwks = jwks
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = -60.0
        self._callers: TTLCache[str, tuple[float, Caller]] = TTLCache(10_000, LIFETIME)

    async def caller(self, token: str) -> Caller:
        """Whoever the token was given to (Unauthenticated: it is not valid, or not any more)."""
        expires, caller = self._callers.get(token) or (0.0, Caller())
        if time.time() < expires:
            return caller
        try:
            if len(token) > self.longest:
                raise jwt.InvalidTokenError("too long")
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = self._claims(token, key)
            caller = self._caller(claims)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated("The token is not valid") from error
        self._callers[token] = (float(claims["exp"]), caller)
        return caller

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        """(PyJWTError: the token is not right)"""
        return jwt.decode(
            token, key, ["ES256"], {"require": ["exp", "iat", "sub"]}, audience=self._audience, issuer=self._issuer
        )

    def _caller(self, claims: dict[str, Any]) -> Caller:
        return Caller(UUID(claims["sub"]), frozenset(claims.get("roles", ())))

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys and time.monotonic() - self._asked > 10:
            self._keys = {key["kid"]: jwt.PyJWK(key) for key in (await self._jwks())["keys"]}
            self._asked = time.monotonic()
        if kid not in self._keys:
            raise jwt.InvalidTokenError("unknown key")
        return self._keys[kid]
