"""Service tokens: which part calls (JWT, HS256), for minutes, good for one part alone
and for what the caller may ask of it.

A token is signed with a key that the two share, so no part can speak for another.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from . import audit
from .errors import Forbidden, Unauthenticated
from .internal_settings import InternalSettings
from .service_keys import Pair, ServiceKey, load_keys
from .tokens import SKEW

log = logging.getLogger(__name__)
# by caller and callee: what is asked there, contracts by their modules, and `events`
Calls = Mapping[str, Mapping[str, Sequence[str]]]

LIFETIME = 300  # seconds
RENEWAL = 60  # seconds before its end that a token is shown no more
RELOAD = 10.0  # seconds after which the keys are read again
# seconds after which everybody who verifies has read a key
PROPAGATION = 120


def pairs_of(calls: Calls) -> list[Pair]:
    return [Pair(caller, callee) for caller, found in calls.items() for callee in found]


class ServiceTokens:
    """Of one part: what it shows others, and what others show it."""

    def __init__(self, part: str, calls: Calls, settings: InternalSettings) -> None:
        """(SystemExit: it lacks a key)"""
        self._part = part
        self._calls = calls
        self._folder = settings.service_keys
        self._shown: dict[str, tuple[float, str]] = {}
        self._read = -math.inf
        self._keys: dict[Pair, list[ServiceKey]] = {}
        self._by_kid: dict[str, tuple[Pair, ServiceKey]] = {}
        try:
            self._look_for_keys()
        except (LookupError, OSError, ValueError) as error:
            raise SystemExit(f"Parts know each other by keys: {error}") from error

    def issue(self, callee: str) -> str:
        """A token for this part's calls there."""
        self._refresh()
        now = time.time()
        ends, token = self._shown.get(callee, (0.0, ""))
        if now < ends - RENEWAL:
            return token
        keys = self._keys[Pair(self._part, callee)]
        settled = [key for key in keys if key.since < now - PROPAGATION]
        key = settled[-1] if settled else keys[0]
        claims = {
            "iss": self._part,
            "aud": callee,
            "scope": " ".join(self._calls[self._part][callee]),
            "iat": int(now),
            "exp": int(now) + LIFETIME,
        }
        token = jwt.encode(claims, key.secret, "HS256", {"kid": _kid(key)})
        self._shown[callee] = (now + LIFETIME, token)
        return token

    def verify(self, token: str, scope: str) -> str:
        """The part that shows it (Unauthenticated: it is not valid here; Forbidden: it
        may not ask this).
        """
        self._refresh()
        try:
            pair, claims = self._claims(token)
        except (jwt.PyJWTError, LookupError, ValueError) as error:
            audit.record("service_token_refused", reason=type(error).__name__)
            raise Unauthenticated("The service token is not valid here") from error
        allowed = self._calls[pair.caller][self._part]
        if scope not in allowed or scope not in str(claims.get("scope")).split():
            audit.record("service_call_refused", caller=pair.caller, scope=scope)
            raise Forbidden(f"{pair.caller} may not ask this of {self._part}")
        return pair.caller

    def _claims(self, token: str) -> tuple[Pair, dict[str, Any]]:
        kid = str(jwt.get_unverified_header(token).get("kid"))
        pair, key = self._by_kid[kid]
        claims = jwt.decode(
            token,
            key.secret,
            ["HS256"],
            {"require": ["exp", "iat"]},
            audience=self._part,
            issuer=pair.caller,
            leeway=SKEW,
        )
        return pair, claims

    def _refresh(self) -> None:
        """Whatever keeps the keys may be away; those that are known are good."""
        if time.monotonic() - self._read < RELOAD:
            return
        try:
            self._look_for_keys()
        except (LookupError, OSError, ValueError) as error:
            log.warning("the keys of services cannot be read again: %s", error)

    def _look_for_keys(self) -> None:
        self._read = time.monotonic()
        keys = {
            pair: load_keys(self._folder, self._part, pair)
            for pair in pairs_of(self._calls)
            if self._part in (pair.caller, pair.callee)
        }
        if keys == self._keys:
            return
        self._keys = keys
        self._by_kid = {
            _kid(key): (pair, key)
            for pair in keys
            for key in keys[pair]
            if pair.callee == self._part
        }
        self._shown.clear()


def _kid(key: ServiceKey) -> str:
    return hashlib.sha256(key.secret).hexdigest()[:16]
