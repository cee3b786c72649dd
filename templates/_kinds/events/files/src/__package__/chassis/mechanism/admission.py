"""Back-pressure: a bound on what is in hand at once; beyond it clients are told to wait
before anything of theirs is read.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from fastapi import APIRouter, Request, Response

from .errors import Problem
from .http import MAX_BODY_BYTES
from .rest import Route


class TooMuch(Problem):
    status = 429
    title = "Too Many Requests"
    usually = "More comes in than can be taken: send it again in a moment"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class Admission:
    def __init__(self, limit: int) -> None:
        """`limit`: bytes."""
        self._limit = limit
        self.held = 0
        self.refused = 0

    @contextmanager
    def admit(self, size: int) -> Iterator[None]:
        """Room for so many bytes, as long as it is open (TooMuch: there is none)."""
        if self.held + size > self._limit:
            self.refused += 1
            raise TooMuch
        self.held += size
        try:
            yield
        finally:
            self.held -= size

    async def metrics(self) -> dict[str, float]:
        return {"ingest_bytes": self.held, "ingest_refused_total": self.refused}


def bound_bodies(router: APIRouter, admission: Callable[[Request], Admission]) -> None:
    """Has the routes that are added to it afterwards ask for room first, for as much as
    the request says that its body has.
    """

    class BoundedRoute(Route):
        def get_route_handler(
            self,
        ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def bounded(request: Request) -> Response:
                announced = request.headers.get("content-length", "")
                size = MAX_BODY_BYTES
                if announced.isdecimal():
                    size = min(int(announced), MAX_BODY_BYTES)
                with admission(request).admit(size):
                    return await handle(request)

            return bounded

    router.route_class = BoundedRoute
