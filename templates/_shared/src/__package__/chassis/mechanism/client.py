"""HTTP client with timeout, retries with backoff, and a circuit breaker, for other
systems and other parts of this one.

Whatever passes is Unavailable here, an error of its own Failing, and a request that it
does not take Refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx2 as httpx
import stamina
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from .errors import Failing, Refused, Unavailable

RETRYABLE = {408, 425, 429, 502, 503, 504}
# unless an Idempotency-Key says that it may be repeated
NOT_IDEMPOTENT = {"POST", "PATCH"}


class Client:
    def __init__(
        self,
        name: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 2.0,
        attempts: int = 4,
        repeatable: bool = False,
        proxies: bool = True,
        trace: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`repeatable`: whatever is asked may be asked again.

        `proxies`: whether the environment's are used; `trace`: gives the headers of
        the current one.
        """
        self._name = name
        self._trace = trace
        self._repeatable = repeatable
        self._http = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            transport=transport,
            timeout=timeout,
            trust_env=proxies,
        )
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=20, default_ttl=2.0, exclude=[Refused]
        )
        self._again = stamina.AsyncRetryingCaller(
            attempts=attempts,
            timeout=2 * timeout,
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.05,
        ).on(Unavailable)

    async def call(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of the answer (Unavailable, Failing: none came; Refused: it does not
        take this request).
        """
        if (
            method in NOT_IDEMPOTENT
            and not self._repeatable
            and "Idempotency-Key" not in (headers or {})
        ):
            return await self._once(method, path, content, headers)
        return await self._again(self._once, method, path, content, headers)

    async def close(self) -> None:
        await self._http.aclose()

    async def _once(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str] | None
    ) -> bytes:
        try:
            async with await self._breakers.get_breaker(self._name):
                response = await self._http.request(
                    method,
                    path,
                    content=content,
                    headers={**self._trace(), **(headers or {})},
                )
                what = f"{self._name} answers {response.status_code} to {method} {path}"
                if response.status_code in RETRYABLE:
                    raise Unavailable(what)
                if response.status_code >= 500:
                    raise Failing(what)
                if response.status_code >= 400:
                    raise Refused(what)
                return response.content
        except (httpx.TransportError, OpenedState) as error:
            raise Unavailable(f"{self._name} does not answer") from error
