"""HTTP client for other systems and other parts of this one: timeout, retries with
backoff and jitter within a budget, a circuit breaker, a bulkhead.

Whatever passes is Unavailable here, an error of its own Failing, and a request that it
does not take Refused.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2 as httpx
import stamina
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from .errors import Failing, Refused, Unavailable

RETRYABLE = {408, 425, 429, 502, 503, 504}
# unless an Idempotency-Key says that it may be repeated
NOT_IDEMPOTENT = {"POST", "PATCH"}
BULKHEAD = 64  # requests to one callee at once
BULKHEAD_WAIT = 0.1  # seconds that one more waits for its turn


class NotSent(Unavailable):
    """The request was not even sent, and another would not be either."""


class RetryBudget:
    """A fifth more requests than first attempts, and a few a second beside, so that
    retries do not keep down who is down.
    """

    share = 0.2
    a_second = 2.0
    most = 20.0  # that may be saved up

    def __init__(self) -> None:
        self._saved = self.most
        self._since = time.monotonic()

    def earn(self) -> None:
        now = time.monotonic()
        earned = self.share + self.a_second * (now - self._since)
        self._saved = min(self.most, self._saved + earned)
        self._since = now

    def spend(self) -> bool:
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


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
        self._timeout = timeout
        self._trace = trace
        self._repeatable = repeatable
        self._http = httpx.AsyncClient(
            base_url=url, headers=headers, transport=transport, trust_env=proxies
        )
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=20, default_ttl=2.0, exclude=[Refused]
        )
        self._places = asyncio.Semaphore(BULKHEAD)
        self._budget = RetryBudget()
        self._again = stamina.AsyncRetryingCaller(
            attempts=attempts,
            timeout=2 * timeout,
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.05,
        ).on(self._may_repeat)

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
        self._budget.earn()
        if (
            method in NOT_IDEMPOTENT
            and not self._repeatable
            and "Idempotency-Key" not in (headers or {})
        ):
            return await self._once(method, path, content, headers)
        return await self._again(self._once, method, path, content, headers)

    async def close(self) -> None:
        await self._http.aclose()

    def _terms(self) -> tuple[Mapping[str, str], float]:
        """Headers of a request that is about to be sent, and the seconds that it may
        take.
        """
        return {}, self._timeout

    def _may_repeat(self, error: Exception) -> bool:
        """Also asked of the last attempt, so the budget is kept rather too well."""
        if isinstance(error, NotSent) or not isinstance(error, Unavailable):
            return False
        return self._budget.spend()

    async def _once(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str] | None
    ) -> bytes:
        async with self._bulkhead():
            told, timeout = self._terms()
            try:
                async with await self._breakers.get_breaker(self._name):
                    response = await self._http.request(
                        method,
                        path,
                        content=content,
                        headers={**self._trace(), **told, **(headers or {})},
                        timeout=timeout,
                    )
                    return self._body(response)
            except OpenedState as error:
                raise NotSent(f"{self._name} has not answered of late") from error
            except httpx.TransportError as error:
                raise Unavailable(f"{self._name} does not answer") from error
            except httpx.RequestError as error:
                raise Failing(f"{self._name} answers what nobody can read") from error

    def _body(self, response: httpx.Response) -> bytes:
        request = response.request
        what = (
            f"{self._name} answers {response.status_code}"
            f" to {request.method} {request.url.path}"
        )
        if response.status_code in RETRYABLE:
            raise Unavailable(what)
        if response.is_success:
            return response.content
        # 401: who we are is not known there, or not yet; a redirect: it is elsewhere
        if response.is_client_error and response.status_code != 401:
            raise Refused(what)
        raise Failing(what)

    @asynccontextmanager
    async def _bulkhead(self) -> AsyncIterator[None]:
        """One that is slow takes up so many places, and no more."""
        try:
            async with asyncio.timeout(BULKHEAD_WAIT):
                await self._places.acquire()
        except TimeoutError as error:
            raise NotSent(f"Too many requests to {self._name} at once") from error
        try:
            yield
        finally:
            self._places.release()
