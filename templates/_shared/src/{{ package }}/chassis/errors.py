"""What may go wrong in a use case, as the client is told of it (RFC 9457), in one tree.

Problem
├── Unauthenticated     401  the caller must log in
├── Forbidden           403  the caller may not do this
├── NotFound            404  there is no such thing, or not for this caller
├── Conflict            409  unique, still in use, or already done in another way
├── PreconditionFailed  412  changed since the caller read it
├── Invalid             422  the fields that are wrong
└── Unavailable         503  try again in a moment
    └── Stale                another writer was first: read again and retry (see `retry.py`)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class Problem(Exception):
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str, /, **errors: str) -> None:
        """`errors`: what is wrong with each field that is, whatever it is called."""
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class Unauthenticated(Problem):
    status, title, headers = 401, "Unauthorized", {"WWW-Authenticate": "Bearer"}

    def __init__(self, detail: str = "Log in first") -> None:
        super().__init__(detail)


class Forbidden(Problem):
    status, title = 403, "Forbidden"

    def __init__(self, detail: str = "Not allowed") -> None:
        super().__init__(detail)


class NotFound(Problem):
    status, title = 404, "Not Found"

    def __init__(self, detail: str = "There is no such thing") -> None:
        super().__init__(detail)


class Conflict(Problem):
    status, title = 409, "Conflict"


class PreconditionFailed(Problem):
    status, title = 412, "Precondition Failed"

    def __init__(self, detail: str = "It was changed since you read it") -> None:
        super().__init__(detail)


class Invalid(Problem):
    status, title = 422, "Unprocessable Content"


class Unavailable(Problem):
    status, title, headers = 503, "Service Unavailable", {"Retry-After": "1"}


class Stale(Unavailable):
    def __init__(self) -> None:
        super().__init__("Too many changes at once")
