"""Dependencies of the modules' routers: bearer tokens, optimistic locking (ETag,
If-Match), idempotency keys, pagination.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from . import identity, persistence
from .audit import origin
from .entity import Entity, Versions
from .errors import Unauthenticated, ValidationFailed

T = TypeVar("T")


def inject(service: type[T]) -> Any:
    """The service of this type, as the composition root built it."""

    async def provided(request: Request) -> T:
        return request.app.state.services[service]  # type: ignore[no-any-return]

    return Depends(provided)


class Bearer(HTTPBearer):
    """The caller whose token this is; without one nobody, where that will do
    (`auto_error=False`).
    """

    async def __call__(self, request: Request) -> identity.Caller:  # type: ignore[override]
        header = request.headers.get("authorization")
        if header is None:
            if self.auto_error:
                raise Unauthenticated
            return identity.Caller()
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("Only bearer tokens are known here")
        return await request.app.state.verifier.caller(token)  # type: ignore[no-any-return]


Caller = Annotated[identity.Caller, Depends(Bearer(scheme_name="bearer"))]
OptionalCaller = Annotated[
    identity.Caller, Depends(Bearer(scheme_name="anyone", auto_error=False))
]
Key = Annotated[str | None, Header(min_length=1, max_length=255)]


async def _repeat(
    request: Request, caller: OptionalCaller, idempotency_key: Key = None
) -> persistence.IdempotencyKey | None:
    if idempotency_key is None:
        return None
    key = f"{caller.id} {request.url.path} {idempotency_key}"
    return persistence.IdempotencyKey(
        _digest(key.encode()), _digest(await request.body())
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def _if_match(
    request: Request, if_match: Annotated[str | None, Header()] = None
) -> Versions:
    """The versions that the client has seen; a tag that is none of ours is not among
    them.
    """
    seen = tags(request, "if-match")
    if if_match is None or "*" in seen:
        return None
    ours = re.findall('"([0-9]{1,18})"', " ".join(seen))
    return frozenset(map(int, ours))


def tags(request: Request, header: str) -> list[str]:
    """The tags in a conditional header, which is a list; a weak one is as good: NGINX
    compressed what it names.
    """
    return re.findall(r'"[^"]*"|\*', ",".join(request.headers.getlist(header)))


IdempotencyKey = Annotated[persistence.IdempotencyKey | None, Depends(_repeat)]
IfMatch = Annotated[Versions, Depends(_if_match)]
# `responses` of a GET
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "As the client has it"}
}


class Route(APIRoute):
    """Refuses parameters that are not known, where the route has no model that does,
    and those that come twice.

    What has a tag (`set_etag`), and as the client has it already (If-None-Match), is
    not sent again.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        most = 0
        several: frozenset[str] = frozenset()
        for parameter in self.dependant.query_params:
            most = 1
            kind = parameter.field_info.annotation
            if isinstance(kind, type) and issubclass(kind, ListQuery):
                several = kind.SEVERAL

        async def handled(request: Request) -> Response:
            origin.set(client_of(request))
            if request.scope["query_string"]:
                _check_parameters(request, most, several)
            response = await handle(request)
            tag = response.headers.get("etag")
            asked = request.method == "GET" and "if-none-match" in request.headers
            if tag and asked:
                known = tags(request, "if-none-match")
                if tag in known or "*" in known:
                    return Response(status_code=304, headers={"ETag": tag})
            return response

        return handled


def _check_parameters(request: Request, most: int, several: frozenset[str]) -> None:
    names = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [
        name for name, count in names.items() if count > most and name not in several
    ]
    if wrong:
        raise ValidationFailed(
            "Not such parameters",
            **dict.fromkeys(wrong, "is not taken, or is taken once"),
        )


def client_of(request: Request) -> str:
    """The address of whoever sent the request."""
    if request.client is None:
        return ""
    return request.client.host


class Router(APIRouter):
    """A module's operations: a group of the API's documentation, with its name and what
    to say of it.
    """

    def __init__(self, tag: str, description: str, prefix: str = "/api") -> None:
        super().__init__(prefix=prefix, route_class=Route, tags=[tag])
        self.tag = {"name": tag, "description": description}


def set_etag(response: Response, entity: Entity, location: str | None = None) -> None:
    """Says which version this is, and where a new thing is to be found."""
    response.headers["ETag"] = f'"{entity.version}"'
    if location:
        response.headers["Location"] = location


class ListQuery(BaseModel):
    """The parameters of a list; a subclass adds the entity's filters, and `sort` where
    it has one.
    """

    # parameters that may be given more than once
    SEVERAL: ClassVar[frozenset[str]] = frozenset()
    # `of` refuses what is not offered, and says what is
    model_config = ConfigDict(extra="allow")

    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(
        None, max_length=2200, description="The `next` of the page before"
    )

    def of(self, offered: Sequence[persistence.Listing]) -> persistence.Query:
        """The listing that serves these filters in this order (ValidationFailed: none
        does, and what is offered).
        """
        given = self.model_dump(exclude={"limit", "after"}, exclude_none=True)
        sort = str(given.pop("sort", "-id"))
        wanted = (set(given), sort.removeprefix("-"), sort.startswith("-"))
        known: set[str] = set()
        for listing in offered:
            known.update(listing.filters)
            if (set(listing.filters), listing.sort, listing.descending) == wanted:
                return persistence.Query(listing, given, self.limit, self.after)
        wrong = dict.fromkeys(given, "is not offered")
        wrong |= dict.fromkeys(known & given.keys(), "is not offered like this")
        raise ValidationFailed(
            f"No index serves this; offered: {'; '.join(map(str, offered))}", **wrong
        )


class PageOf(BaseModel, Generic[T]):
    items: list[T]
    next: str | None
