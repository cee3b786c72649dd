"""Many-to-many relations: fields that hold the ids of several rows, as clients send
them.

How they are stored: `sql_links.py` or `dynamodb_links.py`, whichever is here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AfterValidator, Field


def _distinct(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if len(set(ids)) < len(ids):
        raise ValueError("has an id more than once")
    return ids


def _sorted(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(sorted(_distinct(ids)))


_UNIQUE: Any = Field(json_schema_extra={"uniqueItems": True})
# ids, each once: in the order in which they were sent, and a set, which has none
DISTINCT = (AfterValidator(_distinct), _UNIQUE)
AS_SET = (AfterValidator(_sorted), _UNIQUE)
