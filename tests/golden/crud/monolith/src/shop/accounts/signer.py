"""Signs access tokens, and publishes the keys that verify them: the last key signs, all of them are published."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from jwt.algorithms import ECAlgorithm

from shop.chassis.tokens import LIFETIME


class Signer:
    def __init__(self, keys: Sequence[EllipticCurvePrivateKey], issuer: str, audience: str) -> None:
        self._keys = [(_public(key), key) for key in keys]
        self._claims = {"iss": issuer, "aud": audience}

    def sign(self, account_id: UUID, roles: Sequence[str]) -> str:
        issued = int(time.time())
        claims = {**self._claims, "sub": str(account_id), "roles": list(roles), "iat": issued, "exp": issued + LIFETIME}
        public, key = self._keys[-1]
        return jwt.encode(claims, key, "ES256", {"kid": public["kid"]})

    async def jwks(self) -> dict[str, Any]:
        return {"keys": [public for public, _ in self._keys]}


def _public(key: EllipticCurvePrivateKey) -> dict[str, Any]:
    """The public half as a JWK, named by its thumbprint."""
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    kid = hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:16]
    return {**public, "kid": kid, "use": "sig", "alg": "ES256"}
