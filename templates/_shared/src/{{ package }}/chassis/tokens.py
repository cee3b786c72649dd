"""Access tokens: JWT signed with ES256 by the accounts module; whoever verifies needs only its public keys (JWKS)."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import jwt
from cachetools import LRUCache

from .access import EVERY_SCOPE, Caller
from .errors import Unauthenticated, Unavailable

LIFETIME = 15 * 60  # seconds
REFRESH = 60.0  # seconds after which the public keys are asked for again
AT_MOST = 10.0  # seconds between two questions about keys that are not known
AGAIN = 1.0  # seconds after a question that was not answered


class Verifier:
    """Turns a token into its caller. `jwks` gives the public keys; it is asked again now and then, and for a new key."""

    longest = 4096  # characters of a token

    def __init__(self, jwks: Callable[[], Awaitable[dict[str, Any]]], issuer: str, audience: str) -> None:
        self._jwks = jwks
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked, self._away = -math.inf, False
        self._turn = asyncio.Lock()
        self._callers: LRUCache[str, tuple[float, Caller]] = LRUCache(10_000)  # each until it expires

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
        scopes = frozenset(str(claims.get("scope", " ".join(EVERY_SCOPE))).split())
        return Caller(UUID(claims["sub"]), frozenset(claims.get("roles", ())), scopes)

    async def _key(self, kid: str) -> jwt.PyJWK:
        if self._due(kid):
            async with self._turn:  # a crowd asks once, however many keys it makes up
                if self._due(kid):
                    await self._ask()
        if kid in self._keys:
            return self._keys[kid]
        raise Unavailable("The keys cannot be asked for") if self._away else jwt.InvalidTokenError("unknown key")

    def _due(self, kid: str) -> bool:
        unknown = AGAIN if self._away else AT_MOST
        return time.monotonic() - self._asked > (REFRESH if kid in self._keys else unknown)

    async def _ask(self) -> None:
        try:
            self._keys = {key["kid"]: jwt.PyJWK(key) for key in (await self._jwks())["keys"]}
            self._away = False
        except Unavailable:
            self._away = True
        self._asked = time.monotonic()
