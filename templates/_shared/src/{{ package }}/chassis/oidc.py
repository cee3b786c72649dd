"""Access tokens of an identity provider (OpenID Connect): its keys by discovery, its claims made a caller.

Keys are fetched beside the requests, so that a provider which hangs holds up none whose key is known. A key that is
not known is asked for at most every ten seconds, once for all who wait: the provider does not have it is a 401, it
does not answer a 503. While it is away, the keys that it gave last are good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx2 as httpx
import jwt

from .access import EVERY_SCOPE, Caller
from .provider import Provider
from .tokens import REFETCH_INTERVAL, SKEW, Verifier

REFRESH_INTERVAL, PROVIDER_TIMEOUT = 300.0, 3.0  # seconds: between looks for keys, and for an answer
CLAIMS = ["exp", "iat", "sub"]


@dataclass(frozen=True, slots=True)
class Person(Caller):
    email: str | None = None


class OidcVerifier(Verifier):
    longest = 8192

    def __init__(self, provider: Provider, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None) -> None:
        """`transports`: how to reach the provider, by its issuer, if not over the network."""
        super().__init__(self._fetched, provider.issuer, provider.audience)
        self.fresh, self.pause = REFRESH_INTERVAL, REFETCH_INTERVAL
        self._provider = provider
        self._transport = (transports or {}).get(provider.issuer)

    async def _fetched(self) -> dict[str, Any]:
        """The keys, as discovery leads to them."""
        provider = self._provider
        outside = provider.internal_url in ("", provider.issuer)  # where a proxy of the environment may lead to
        client = httpx.AsyncClient(transport=self._transport, trust_env=outside)
        async with asyncio.timeout(PROVIDER_TIMEOUT), client as http:
            document = (await http.get(provider.inside(provider.discovery))).raise_for_status().json()
            if document["issuer"] != provider.issuer:
                raise ValueError(f"it calls itself {document['issuer']}")
            return (await http.get(provider.inside(document["jwks_uri"]))).raise_for_status().json()  # type: ignore[no-any-return]

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        provider, named = self._provider, self._provider.audience_claim
        claims = jwt.decode(
            token,
            key,
            provider.algorithms.split(","),
            {"require": [*CLAIMS, named], "verify_aud": named == "aud"},
            audience=provider.audience,
            issuer=provider.issuer,
            leeway=SKEW,
        )
        if named != "aud" and provider.audience not in _words(claims[named]):
            raise jwt.InvalidAudienceError("somebody else's")
        return claims

    def _caller(self, claims: dict[str, Any]) -> Person:
        roles = claims.get(self._provider.roles_claim)
        if roles is None:
            roles = claims
            for name in self._provider.roles_claim.split("."):
                roles = roles.get(name) if isinstance(roles, dict) else None
        staff = roles is True or self._provider.staff_role in _words(roles)
        email, scopes = claims.get("email"), frozenset(EVERY_SCOPE).intersection(_words(claims.get("scope")))
        return Person(
            subject_id(self._provider.issuer, claims["sub"]),
            frozenset({"staff"} if staff else ()),
            scopes or frozenset(EVERY_SCOPE),
            email if isinstance(email, str) else None,
        )


def subject_id(issuer: str, subject: str) -> UUID:
    """Whom the provider calls so has this id here, in every part, and in any project that asks the same provider."""
    return uuid5(uuid5(NAMESPACE_URL, issuer), subject)


def _words(claim: Any) -> list[Any]:
    """A claim of several values: a list, or words."""
    return claim if isinstance(claim, list) else claim.split() if isinstance(claim, str) else []
