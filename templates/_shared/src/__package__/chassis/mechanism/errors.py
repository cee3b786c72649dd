"""Problems (RFC 9457) that the mechanism itself raises.

`policy/errors.py` has all that a use case may raise.

Problem
├── Unauthenticated     401  the caller must log in
├── Forbidden           403  the caller may not do this
├── Conflict            409  unique, still in use, or already done in another way
├── PreconditionFailed  412  changed since the caller read it
├── ValidationFailed    422  the fields that are wrong
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
