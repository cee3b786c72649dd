"""JWT authorizer of an HTTP API, in the place of API Gateway's: functions get the claims
of a valid token with the event.

The keys are asked for as the gateway does it, by discovery. Here they may be of any
kind; API Gateway itself takes RSA keys alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2 as httpx
import jwt

from ..chassis.mechanism.functions import Event

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256"]


class JwtAuthorizer:
    def __init__(
        self, properties: Mapping[str, Any], transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """`properties`: the template's; `transport`: the way to the issuer, if not over
        the network.
        """
        self._issuer: str = properties["JwtConfiguration"]["issuer"]
        self._audience: list[str] = properties["JwtConfiguration"]["audience"]
        self._transport = transport
        self._keys: dict[str, jwt.PyJWK] = {}

    async def authorize(self, header: str | None) -> Event | None:
        """What the event says of the token in the header; None: it is not valid."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = jwt.decode(
                token,
                key,
                ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp"]},
            )
        except (jwt.PyJWTError, httpx.HTTPError, KeyError):
            return None
        told = {name: _text(value) for name, value in claims.items()}
        return {"jwt": {"claims": told, "scopes": None}}

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys:
            async with httpx.AsyncClient(transport=self._transport) as client:
                root = self._issuer.rstrip("/")
                found = await client.get(f"{root}/.well-known/openid-configuration")
                keys = await client.get(found.raise_for_status().json()["jwks_uri"])
            published = jwt.PyJWKSet.from_dict(keys.raise_for_status().json())
            self._keys = {str(key.key_id): key for key in published.keys}
        return self._keys[kid]


def _text(value: Any) -> str:
    """A claim as the gateway tells it: lists in brackets, all else as in JSON."""
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    if isinstance(value, str):
        return value
    return json.dumps(value)
