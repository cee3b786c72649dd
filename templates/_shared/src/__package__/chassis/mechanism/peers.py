"""Peers: the public keys of the part that signs access tokens."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .client import Client
from .part_urls import part_url


def to_keys(part: str, transports: Mapping[str, Any] | None) -> Client:
    """For what anybody may ask of it: its public keys."""
    transport = (transports or {}).get(part)
    return Client(part, part_url(part), transport=transport, proxies=False)


def remote_jwks(accounts: Client) -> Callable[[], Awaitable[dict[str, Any]]]:
    """The public keys, as the part that signs publishes them."""

    async def jwks() -> dict[str, Any]:
        return json.loads(await accounts.call("GET", "/.well-known/jwks.json"))  # type: ignore[no-any-return]

    return jwks
