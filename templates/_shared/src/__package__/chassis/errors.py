"""Problems (RFC 9457): what may go wrong in a use case, as the client is told of it.

Problem
├── Unauthenticated     401  the caller must log in
├── Forbidden           403  the caller may not do this
├── NotFound            404  there is no such thing, or not for this caller
├── Conflict            409  unique, still in use, or already done in another way
├── PreconditionFailed  412  changed since the caller read it
├── ValidationFailed    422  the fields that are wrong
├── TooManyRequests     429  slow down
├── Unavailable         503  try again in a moment
│   ├── StaleVersion         another writer was first: read again and retry
│   │                        (see `retry.py`)
│   └── Failing              what was asked has an error of its own: try again,
│                            but not for ever
└── Refused             500  what was asked will never take this: do not try again
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class Problem(Exception):
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"
    usually: ClassVar[str] = "Something went wrong here"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str = "", /, **errors: str) -> None:
        """`errors`: what is wrong with each field that is, whatever it is called."""
        self.detail = detail or self.usually
        self.errors = errors
        super().__init__(self.detail)


class Unauthenticated(Problem):
    status = 401
    title = "Unauthorized"
    usually = "Log in first"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    status = 403
    title = "Forbidden"
    usually = "Not allowed"


class NotFound(Problem):
    status = 404
    title = "Not Found"
    usually = "There is no such thing"


class Conflict(Problem):
    status = 409
    title = "Conflict"


class PreconditionFailed(Problem):
    status = 412
    title = "Precondition Failed"
    usually = "It was changed since you read it"


class ValidationFailed(Problem):
    status = 422
    title = "Unprocessable Content"


class TooManyRequests(Problem):
    status = 429
    title = "Too Many Requests"
    usually = "Wait for some minutes"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "300"}


class Unavailable(Problem):
    status = 503
    title = "Service Unavailable"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class StaleVersion(Unavailable):
    usually = "Too many changes at once"


class Failing(Unavailable):
    """Of a call to another system, which may be a defect there that this very call
    meets each time.
    """


class Refused(Problem):
    """Of a call to another system, or of work in the background: it is a dead letter at
    once.
    """


def taken(*fields: str) -> Conflict:
    """Another row has this value, or these together; a row's owner counts as one
    (`owner_id`).
    """
    names = ["owner" if name == "owner_id" else name for name in fields]
    if len(names) == 1:
        return Conflict(f"{names[0]} is taken", **{names[0]: "is taken"})
    return Conflict(
        f"{', '.join(names)} are taken together",
        **dict.fromkeys(names, "is taken together with the others"),
    )
