"""OpenID Connect: access tokens of an identity provider, its keys by discovery, its
claims made a caller.

Keys are fetched beside the requests, so that a provider which hangs holds up none whose
key is known. A key that is not known is asked for at most every ten seconds, once for
all who wait: the provider does not have it is a 401, it does not answer a 503. While it
is away, the keys that it gave last are good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx2 as httpx
import jwt

from .identity import EVERY_SCOPE, Caller
from .provider import Provider
from .remote_tokens import REFETCH_INTERVAL, RemoteVerifier
from .tokens import SKEW

REFRESH_INTERVAL = 300.0  # seconds between looks for keys
PROVIDER_TIMEOUT = 3.0  # seconds for an answer
CLAIMS = ["exp", "iat", "sub"]


@dataclass(frozen=True, slots=True)
class Person(Caller):
    email: str | None = None


class OidcVerifier(RemoteVerifier):
    longest = 8192

    def __init__(
        self,
        provider: Provider,
        transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        """`transports`: how to reach the provider, by its issuer, if not over the
        network.
        """
        super().__init__(self._fetched, provider.issuer, provider.audience)
        self.fresh = REFRESH_INTERVAL
        self.pause = REFETCH_INTERVAL
        self._provider = provider
        self._transport = (transports or {}).get(provider.issuer)

    async def _fetched(self) -> dict[str, Any]:
        """The keys, as discovery leads to them."""
        provider = self._provider
        # where a proxy of the environment may lead to
        outside = provider.internal_url in ("", provider.issuer)
        client = httpx.AsyncClient(transport=self._transport, trust_env=outside)
        async with asyncio.timeout(PROVIDER_TIMEOUT), client:
            answer = await client.get(provider.inside(provider.discovery))
            document = answer.raise_for_status().json()
            if document["issuer"] != provider.issuer:
                raise ValueError(f"it calls itself {document['issuer']}")
            answer = await client.get(provider.inside(document["jwks_uri"]))
            return answer.raise_for_status().json()  # type: ignore[no-any-return]

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        provider = self._provider
        named = provider.audience_claim
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
        provider = self._provider
        granted = _claim(claims, provider.roles_claim)
        roles = set()
        if granted is True or provider.staff_role in _words(granted):
            roles.add("staff")
        scopes = frozenset(EVERY_SCOPE).intersection(_words(claims.get("scope")))
        email = claims.get("email")
        if not isinstance(email, str):
            email = None
        return Person(
            subject_id(provider.issuer, claims["sub"]),
            frozenset(roles),
            scopes or frozenset(EVERY_SCOPE),
            email,
        )


def subject_id(issuer: str, subject: str) -> UUID:
    """Whom the provider calls so has this id here, in every part, and in any project
    that asks the same provider.
    """
    return uuid5(uuid5(NAMESPACE_URL, issuer), subject)


def _claim(claims: dict[str, Any], name: str) -> Any:
    """The claim of this name, or what the way to it leads to (`realm_access.roles`)."""
    if claims.get(name) is not None:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(step)
    return found


def _words(claim: Any) -> list[Any]:
    """A claim of several values: a list, or words."""
    if isinstance(claim, list):
        return claim
    if isinstance(claim, str):
        return claim.split()
    return []
