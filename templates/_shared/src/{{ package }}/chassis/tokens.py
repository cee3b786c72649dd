"""Access tokens: JWT signed with ES256 by the accounts module; whoever verifies needs only its public keys (JWKS)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import jwt
from cachetools import TTLCache

from .access import EVERY_SCOPE, Caller
from .errors import Unauthenticated, Unavailable

LIFETIME = 15 * 60  # seconds
REFRESH = 60.0  # seconds after which the public keys are asked for again
AT_MOST = 10.0  # seconds between two questions about keys that are not known
LONGEST = 4096  # characters of a token


class Verifier:
    """Turns a token into its caller. `jwks` gives the public keys; it is asked again now and then, and for a new key."""

    def __init__(self, jwks: Callable[[], Awaitable[dict[str, Any]]], issuer: str, audience: str) -> None:
        self._jwks = jwks
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = -REFRESH
        self._callers: TTLCache[str, tuple[float, Caller]] = TTLCache(10_000, LIFETIME)

    async def caller(self, token: str) -> Caller:
        """Whoever the token was given to (Unauthenticated: it is not valid, or not any more)."""
        expires, caller = self._callers.get(token) or (0.0, Caller())
        if time.time() < expires:
            return caller
        try:
            if len(token) > LONGEST:
                raise jwt.InvalidTokenError("too long")
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = jwt.decode(
                token, key, ["ES256"], {"require": ["exp", "iat", "sub"]}, audience=self._audience, issuer=self._issuer
            )
            scopes = frozenset(str(claims.get("scope", " ".join(EVERY_SCOPE))).split())
            caller = Caller(UUID(claims["sub"]), frozenset(claims.get("roles", ())), scopes)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated("The token is not valid") from error
        self._callers[token] = (float(claims["exp"]), caller)
        return caller

    async def _key(self, kid: str) -> jwt.PyJWK:
        age = time.monotonic() - self._asked
        if age > REFRESH or (kid not in self._keys and age > AT_MOST):
            try:
                self._keys = {key["kid"]: jwt.PyJWK(key) for key in (await self._jwks())["keys"]}
            except Unavailable:
                if kid not in self._keys:
                    raise
            self._asked = time.monotonic()
        if kid not in self._keys:
            raise jwt.InvalidTokenError("unknown key")
        return self._keys[kid]
