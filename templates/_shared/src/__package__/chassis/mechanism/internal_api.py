"""Internal API, from part to part over HTTP: calls of a contract, deliveries of events.

The caller shows a service token of its own; where it asks for a user, their token goes
along, and is verified here like any. The request's id goes along too, so log lines of
all parts bear it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request

from .client import Client, NotSent
from .part_urls import part_url
from .request_context import REMAINING, current_request
from .rest import Bearer
from .service_tokens import ServiceTokens
from .tracing import request_id

TOKEN = "X-Service-Token"  # noqa: S105 - the name of a header


class PartClient(Client):
    """A call that nobody waits for any more is not made."""

    def __init__(self, part: str, tokens: ServiceTokens, **options: Any) -> None:
        super().__init__(part, part_url(part), proxies=False, **options)
        self._tokens = tokens

    def _terms(self) -> tuple[Mapping[str, str], float]:
        headers = {TOKEN: self._tokens.issue(self._name)}
        timeout = self._timeout
        if given := request_id.get():
            headers["X-Request-ID"] = given
        request = current_request.get()
        if request is not None:
            timeout = min(timeout, request.remaining)
            if request.authorization:
                headers["Authorization"] = request.authorization
        if timeout <= 0:
            raise NotSent("Nobody waits for this any more")
        headers[REMAINING] = str(int(timeout * 1000))
        return headers, timeout


def to_part(
    part: str,
    tokens: ServiceTokens,
    transports: Mapping[str, Any] | None,
    *,
    timeout: float = 2.0,
    attempts: int = 4,
    trace: Callable[[], Mapping[str, str]] = dict,
) -> PartClient:
    """For calls that may be repeated."""
    return PartClient(
        part,
        tokens,
        headers={"Content-Type": "application/json"},
        transport=(transports or {}).get(part),
        timeout=timeout,
        attempts=attempts,
        repeatable=True,
        trace=trace,
    )


def internal_router(scope: str, tokens: ServiceTokens) -> APIRouter:
    """A router for those parts alone that may ask for this: a contract, by the name of
    its module, or `events`.
    """

    async def allowed(
        request: Request, shown: Annotated[str, Header(alias=TOKEN)] = ""
    ) -> None:
        request.state.caller = tokens.verify(shown, scope)

    user = Bearer(scheme_name="anyone", auto_error=False)
    return APIRouter(
        prefix=f"/internal/{scope}",
        dependencies=[Depends(allowed), Depends(user)],
        include_in_schema=False,
    )
