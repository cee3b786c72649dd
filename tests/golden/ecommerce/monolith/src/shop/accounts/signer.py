"""Signs access tokens, and publishes the keys that verify them."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt

from shop.chassis.mechanism.tokens import REFRESH

from .domain import TOKEN_LIFETIME, Account
from .keys import SigningKey

log = logging.getLogger(__name__)
RELOAD_INTERVAL = 10.0  # seconds
# seconds after which everybody who verifies has heard of a key
PROPAGATION_TIME = 2 * REFRESH


class Signer:
    """`load`: reads the keys, again and again, so that a new one needs no restart."""

    def __init__(
        self, load: Callable[[], Sequence[SigningKey]], issuer: str, audience: str
    ) -> None:
        self._load = load
        self._claims = {"iss": issuer, "aud": audience}
        self._read = 0.0
        self._known: list[tuple[dict[str, Any], SigningKey]] = []
        self._keys()

    def sign(self, account: Account, scopes: Sequence[str]) -> str:
        """The newest key signs that is not so new that somebody may not know it."""
        issued = int(time.time())
        claims = {
            **self._claims,
            "sub": str(account.id),
            "roles": list(account.roles),
            "scope": " ".join(scopes),
            "email_verified": account.verified,
            "iat": issued,
            "exp": issued + TOKEN_LIFETIME,
        }
        keys = self._keys()
        settled = [
            known for known in keys if known[1].since < issued - PROPAGATION_TIME
        ]
        public, key = settled[-1] if settled else keys[0]
        return jwt.encode(claims, key.private, key.algorithm, {"kid": public["kid"]})

    def discovery(self) -> dict[str, Any]:
        """What a gateway asks for, to find the keys (OpenID Connect Discovery)."""
        issuer = self._claims["iss"]
        return {
            "issuer": issuer,
            "jwks_uri": f"{issuer.rstrip('/')}/.well-known/jwks.json",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        }

    async def jwks(self) -> dict[str, Any]:
        return {"keys": [public for public, _ in self._keys()]}

    def _keys(self) -> list[tuple[dict[str, Any], SigningKey]]:
        if not self._known or time.monotonic() - self._read > RELOAD_INTERVAL:
            try:
                self._known = [(_public(key), key) for key in self._load()]
            # whatever keeps them may be away; those that are known are good
            except Exception as error:
                if not self._known:
                    raise
                log.warning("the signing keys cannot be read again: %r", error)
            self._read = time.monotonic()
        return self._known


def _public(key: SigningKey) -> dict[str, Any]:
    """The public half as a JWK, named by its thumbprint."""
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    public: dict[str, Any] = algorithm.to_jwk(key.private.public_key(), as_dict=True)
    kid = hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:16]
    return {**public, "kid": kid, "use": "sig", "alg": key.algorithm}
