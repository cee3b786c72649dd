"""Signs access tokens, and publishes the keys that verify them."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from jwt.algorithms import ECAlgorithm

from shop.chassis.mechanism.tokens import LIFETIME, REFRESH

from .domain import Account
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
            "exp": issued + LIFETIME,
        }
        keys = self._keys()
        settled = [
            known for known in keys if known[1].since < issued - PROPAGATION_TIME
        ]
        public, key = settled[-1] if settled else keys[0]
        return jwt.encode(claims, key.private, "ES256", {"kid": public["kid"]})

    async def jwks(self) -> dict[str, Any]:
        return {"keys": [public for public, _ in self._keys()]}

    def _keys(self) -> list[tuple[dict[str, Any], SigningKey]]:
        if not self._known or time.monotonic() - self._read > RELOAD_INTERVAL:
            try:
                self._known = [(_public(key.private), key) for key in self._load()]
            # whatever keeps them may be away; those that are known are good
            except Exception as error:
                if not self._known:
                    raise
                log.warning("the signing keys cannot be read again: %r", error)
            self._read = time.monotonic()
        return self._known


def _public(key: EllipticCurvePrivateKey) -> dict[str, Any]:
    """The public half as a JWK, named by its thumbprint."""
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    kid = hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:16]
    return {**public, "kid": kid, "use": "sig", "alg": "ES256"}
