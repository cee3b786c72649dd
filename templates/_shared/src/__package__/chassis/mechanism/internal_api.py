"""Internal API, from part to part over HTTP: calls of a contract, the keys that verify
access tokens.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header

from .client import Client
from .errors import Forbidden
from .internal_settings import InternalSettings

TOKEN = "X-Internal-Token"  # noqa: S105 - the name of a header


def to_part(
    part: str,
    settings: InternalSettings,
    transports: Mapping[str, Any] | None,
    *,
    timeout: float = 2.0,
    attempts: int = 4,
    trace: Callable[[], Mapping[str, str]] = dict,
) -> Client:
    """For calls that may be repeated.

    `<PART>_URL` of the environment, or the name that containers know it by.
    """
    return Client(
        part,
        os.environ.get(f"{part.upper()}_URL", f"http://{part.replace('_', '-')}:8000"),
        headers={TOKEN: settings.internal_token, "Content-Type": "application/json"},
        transport=(transports or {}).get(part),
        timeout=timeout,
        attempts=attempts,
        repeatable=True,
        proxies=False,
        trace=trace,
    )


def internal_router(prefix: str, token: str) -> APIRouter:
    """A router for other parts alone: they show the token (SystemExit: there is none)."""
    if not token:
        raise SystemExit("INTERNAL_TOKEN is not set: parts know each other by it")

    async def allowed(shown: Annotated[str, Header(alias=TOKEN)] = "") -> None:
        if not secrets.compare_digest(shown.encode(), token.encode()):
            raise Forbidden

    return APIRouter(
        prefix=f"/internal{prefix}",
        dependencies=[Depends(allowed)],
        include_in_schema=False,
    )


def remote_jwks(accounts: Client) -> Callable[[], Awaitable[dict[str, Any]]]:
    """The public keys, as the part that signs publishes them."""

    async def jwks() -> dict[str, Any]:
        return json.loads(await accounts.call("GET", "/.well-known/jwks.json"))  # type: ignore[no-any-return]

    return jwks
