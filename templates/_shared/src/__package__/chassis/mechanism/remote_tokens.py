"""Access tokens whose public keys are another process's: asked for now and then, and
for a key that is not known.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any

import jwt

from .errors import Unavailable
from .tokens import REFRESH, Verifier

log = logging.getLogger(__name__)
REFETCH_INTERVAL = 10.0  # seconds between two questions about keys that are not known
RETRY_INTERVAL = 1.0  # seconds after a question that was not answered


class RemoteVerifier(Verifier):
    """Asks for the keys beside the requests, so that an answer which is late holds up
    none whose key is known.
    """

    def __init__(
        self, jwks: Callable[[], Awaitable[dict[str, Any]]], issuer: str, audience: str
    ) -> None:
        super().__init__(jwks, issuer, audience)
        self.fresh = REFRESH
        self.again = REFETCH_INTERVAL
        self.pause = RETRY_INTERVAL
        self._looked = -math.inf
        self._away = True
        self._look: asyncio.Task[None] | None = None

    async def _look_for_keys(self) -> None:
        if self._away:
            self._look_after(self.again)
        else:
            self._look_after(self.fresh)

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys:
            if self._away:
                self._look_after(self.pause)
            else:
                self._look_after(self.again)
            if self._look is not None:
                await asyncio.wait([self._look])
        if kid not in self._keys and self._away:
            raise Unavailable(f"The keys of {self._issuer} cannot be had")
        return await super()._key(kid)

    def _look_after(self, seconds: float) -> None:
        """Begins to look for keys, if the last look is so long ago."""
        if self._look is None and time.monotonic() - self._looked > seconds:
            self._looked = time.monotonic()
            # for all who wait, so within the deadline of none
            self._look = asyncio.create_task(self._ask(), context=Context())

    async def _ask(self) -> None:
        try:
            await self._refresh()
            self._away = False
        except Exception as error:  # noqa: BLE001 - whatever the answer is, those whose key is known go on
            self._away = True
            log.warning("no keys of %s: %r", self._issuer, error)
        finally:
            self._look = None
