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
│   │                        (see `mechanism/retry.py`)
│   └── Failing              what was asked has an error of its own: try again,
│                            but not for ever
└── Refused             500  what was asked will never take this: do not try again

What the mechanism raises too comes from there. An error of your own is a class here: a
status, a title, what is usually said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..mechanism.errors import (
    Conflict,
    Failing,
    Forbidden,
    PreconditionFailed,
    Problem,
    Refused,
    StaleVersion,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)

__all__ = [
    "Conflict",
    "Failing",
    "Forbidden",
    "NotFound",
    "PreconditionFailed",
    "Problem",
    "Refused",
    "StaleVersion",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "ValidationFailed",
    "describe",
]


class NotFound(Problem):
    status = 404
    title = "Not Found"
    usually = "There is no such thing"


class TooManyRequests(Problem):
    status = 429
    title = "Too Many Requests"
    usually = "Wait for some minutes"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "300"}


def describe(error: Exception, document: dict[str, Any]) -> dict[str, Any]:
    """The problem document of an error as clients get it: reword it here, or add to it.

    The mechanism's own errors go through it, too.
    """
    return document
