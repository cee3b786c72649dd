"""Calls to another part: a time limit, retries, and a circuit breaker. Whatever goes wrong there is Unavailable here."""

from __future__ import annotations

import os
from collections.abc import Mapping

import httpx2 as httpx
import stamina
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from .errors import Problem, Unavailable
from .settings import Settings

TOKEN = "X-Internal-Token"  # noqa: S105 - the name of a header


class Client:
    """For calls that may be repeated. `transports`: how to reach parts, by name, if not over the network."""

    def __init__(
        self, part: str, settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None
    ) -> None:
        self._part = part
        self._http = httpx.AsyncClient(
            base_url=_url(part),
            transport=(transports or {}).get(part),
            trust_env=False,  # a proxy leads to the world outside, and parts are in here
            timeout=httpx.Timeout(2.0),
            headers={TOKEN: settings.internal_token, "Content-Type": "application/json"},
        )
        self._breakers = AsyncCircuitBreakerFactory(default_threshold=20, default_ttl=2.0, exclude=[Refused])

    @stamina.retry(on=Unavailable, attempts=4, timeout=4.0, wait_initial=0.02, wait_max=0.5, wait_jitter=0.05)
    async def call(self, method: str, path: str, content: bytes = b"") -> bytes:
        """The body of the answer (Unavailable: none came; Refused: the part does not take this request)."""
        try:
            async with await self._breakers.get_breaker(self._part):
                response = await self._http.request(method, path, content=content)
                if response.status_code >= 500 or response.status_code == 429:
                    raise Unavailable(f"{self._part} answers {response.status_code}")
                if response.status_code >= 400:
                    raise Refused(f"{self._part} answers {response.status_code} to {method} {path}")
                return response.content
        except (httpx.TransportError, OpenedState) as error:
            raise Unavailable(f"{self._part} does not answer") from error

    async def close(self) -> None:
        await self._http.aclose()


def _url(part: str) -> str:
    """Where it answers: `<PART>_URL` of the environment, or the name that containers know it by."""
    return os.environ.get(f"{part.upper()}_URL", f"http://{part.replace('_', '-')}:8000")


class Refused(Problem):
    """A request that a part of this system should have understood: a defect, or parts of two versions."""
