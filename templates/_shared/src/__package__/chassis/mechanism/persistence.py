"""Repository and unit of work, the ports of storage as modules see it.

Adapter: `sql_unit_of_work.py` or `dynamodb_unit_of_work.py`, whichever is here.

A unit stages its writes; lists (`page`) and `find` do not see them, `get` does. One
`commit` applies all of them or none, and is the only place that raises: Conflict (a
unique value is taken, a row is still referred to), ValidationFailed (a row is too
large) or StaleVersion (another writer was first). A use case that is
`@retry_on_conflict` then runs again from its beginning, up to 50 times: what it does
beside its unit (a call, a mail) is done as often, so it belongs into a reaction.
"""

from __future__ import annotations

import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter

from .entity import Entity
from .errors import ValidationFailed

E = TypeVar("E", bound=Entity)
MAX_WRITES = 100  # DynamoDB's limit of one transaction, kept by every adapter
# of a page: a function may answer 6 MB, in which base64 makes four bytes of three
MAX_PAGE_BYTES = 4_500_000
MAX_DURATION = timedelta(microseconds=2**62)
MAX_ROW_BYTES = 1_048_576  # bytes of a row, as of a request's body
# a greater value is in no row
LIMITS = {int: 2**63, Decimal: 10**18, float: math.inf}


@dataclass(frozen=True, slots=True)
class Listing:
    """A way to list that an index serves: rows that match all `filters`, in the order
    of `sort`.

    A listing by a field that a row may lack leaves out the rows that lack it.
    """

    filters: tuple[str, ...] = ()
    sort: str = "id"  # ids rise with time, so by id, descending, is newest first
    descending: bool = True

    def __str__(self) -> str:
        words = list(self.filters)
        if self.sort != "id":
            sign = "-" * self.descending
            words.append(f"sort={sign}{self.sort}")
        return "&".join(words) or "no filter"


@dataclass(frozen=True, slots=True)
class Query:
    listing: Listing = Listing()
    filters: Mapping[str, Any] = field(default_factory=dict)
    limit: int = 20
    after: str | None = None  # the cursor of the page before
    owner: UUID | None = None  # only this owner's rows


@dataclass(frozen=True, slots=True)
class Page(Generic[E]):
    items: list[E]
    next: str | None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A request that may be sent again (Idempotency-Key), or an event: who or which, a
    hash of what, and what it made.
    """

    key: str
    fingerprint: str = ""
    entity_id: UUID | None = None


class Repository(Protocol[E]):
    async def get(self, entity_id: UUID) -> E | None:
        """As it is now, staged changes included."""

    async def read(self, entity_id: UUID) -> E | None:
        """As a reader may see it: from the cache, where there is one."""

    async def find(self, field: str, value: Any) -> E | None:
        """The row that has this value of a unique field, as it is stored: what is
        staged is not seen.
        """

    async def page(self, query: Query) -> Page[E]:
        """Rows as they are stored: what is staged is not seen.

        Fewer than `limit` where they are large.
        """

    def add(self, entity: E) -> None: ...

    def save(self, before: E, after: E) -> None: ...

    def delete(self, entity: E) -> None: ...


class UnitOfWork(Protocol):
    async def repeated(self, request: IdempotencyKey | None) -> UUID | None:
        """What the request created, if it was here before (Conflict: with another
        body).
        """

    def remember(self, request: IdempotencyKey | None, entity_id: UUID) -> None: ...

    async def already_processed(self, event_id: UUID) -> bool:
        """Whether this handler had the event before; if not, this unit's commit will
        have handled it.
        """

    async def commit(self) -> None: ...


class Codec(Generic[E]):
    """An entity as JSON, and the cursor that stands for its place in a listing."""

    def __init__(self, entity: type[E]) -> None:
        self.entity = entity
        self.adapter = TypeAdapter(entity)
        self._rows = TypeAdapter(list[entity])  # type: ignore[valid-type]
        self._fields = {
            name: TypeAdapter(hint) for name, hint in get_type_hints(entity).items()
        }

    def document(self, entity: E, most: int = MAX_ROW_BYTES) -> bytes:
        """The entity as JSON (ValidationFailed: too large to be kept)."""
        document = self.adapter.dump_json(entity)
        if len(document) > most:
            raise ValidationFailed(
                f"It has {len(document)} bytes; at most {most} can be kept"
            )
        return document

    def page(self, found: list[E], query: Query) -> Page[E]:
        """A page of what was found, one row more than the query's limit if there are
        more; no larger than an answer.
        """
        items = found[: query.limit]
        while len(items) > 1 and len(self._rows.dump_json(items)) > MAX_PAGE_BYTES:
            items = items[: len(items) // 2]
        if len(items) == len(found):
            return Page(items, None)
        return Page(items, self.cursor(items[-1], query.listing.sort))

    def cursor(self, entity: E, sort: str) -> str:
        value = self._fields[sort].dump_python(getattr(entity, sort), mode="json")
        place = json.dumps([value, str(entity.id)], ensure_ascii=False)
        return urlsafe_b64encode(place.encode()).decode().rstrip("=")

    def after(self, cursor: str, sort: str) -> tuple[Any, UUID]:
        """The sort value and the id behind which a page begins (ValidationFailed: not a
        cursor of this listing).
        """
        try:
            value, entity_id = json.loads(urlsafe_b64decode(cursor + "=="))
            found = self._fields[sort].validate_python(value)
            # the encoding refuses half a character, too
            if found is None or b"\0" in str(value).encode():
                raise ValueError(cursor)
            if isinstance(found, timedelta) and abs(found) > MAX_DURATION:
                raise ValueError(cursor)
            limit = LIMITS.get(type(found))
            if limit is not None and not -limit <= found < limit:
                raise ValueError(cursor)
            if isinstance(found, datetime):
                found = found.replace(tzinfo=found.tzinfo or UTC)
                found.astimezone(UTC)  # is in range
            return found, UUID(entity_id)
        except (
            ValueError,
            TypeError,
            AttributeError,
            ArithmeticError,
            RecursionError,
        ) as error:
            raise ValidationFailed(
                "Not a cursor of this list",
                after="take it from `next` of the page before",
            ) from error


class ChangeSet:
    """The change set of a unit: entity by entity what it was and what it is to be, in
    the order of the first write.
    """

    def __init__(self) -> None:
        self.changes: dict[tuple[str, UUID], tuple[Any, Any]] = {}
        self.processed: list[IdempotencyKey] = []
        self.events: list[Any] = []

    def put(
        self, table: str, entity_id: UUID, before: Entity | None, after: Entity | None
    ) -> None:
        first, _ = self.changes.get((table, entity_id), (before, None))
        self.changes[table, entity_id] = (first, after)

    def check_size(self) -> None:
        if len(self.changes) + len(self.processed) + len(self.events) > MAX_WRITES:
            raise ValueError(f"a unit of work may write {MAX_WRITES} things at most")
