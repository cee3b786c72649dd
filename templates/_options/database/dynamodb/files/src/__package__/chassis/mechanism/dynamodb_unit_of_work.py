"""Unit of work and repositories on DynamoDB: one transaction, optimistic locking.

Pages by keyset; all by key:

PLURAL#ID               a row: `doc` is the entity as JSON, `list0pk` and `list0sk`
                        its place in the first list, and so on
unique#PLURAL#FIELDS#V  the row that has this value of a unique field, or these values
                        of fields that are unique together
refs#PLURAL#ID#SHARD    how many rows of the module refer to this one, of those whose ids
                        fall to this shard; it cannot be deleted while `n` is not 0, and
                        once it is, they are `gone` and take no other
processed#KEY           a request or an event that was dealt with
outbox#ID               an event (`dynamodb_outbox.py`)
"""

from __future__ import annotations

import asyncio
import heapq
import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from . import errors
from .cache import Cache
from .dynamodb import Database, Item, Write, key, key_of, number, put, text, when
from .entity import Entity
from .errors import Conflict
from .persistence import ChangeSet, Codec, IdempotencyKey, Listing, Page, Query
from .unit_of_work import BaseRepository, BaseUnitOfWork

E = TypeVar("E", bound=Entity)
# what everybody writes, a list or the references to one row, is spread over so many
# keys: 1,000 writes a second each, in a transaction half of that
SHARDS = 4
MAX_ROW_BYTES = 350_000  # bytes of a row; an item may have 400 KB, its keys included
# seconds that handled requests and events are remembered
PROCESSED_RETENTION = 30 * 24 * 3600
NEW = "attribute_not_exists(pk)"
# the plural and the id of the row that is referred to, and the shard of who refers
Reference = tuple[str, UUID, int]


@dataclass(frozen=True, slots=True)
class Freed:
    """A value that a row had, from now on anybody's: its claim goes, if it is that
    row's own. Where rows were there before the rule, it may be another's, or nobody's.
    """

    pk: str
    row: UUID

    def writes(self, not_own: Collection[str]) -> Write:
        if self.pk not in not_own:
            own = {**key(self.pk), **claimed_by(self.row)}
            return Write("Delete", own, NotOwn(self.pk))
        return Write("ConditionCheck", {**key(self.pk), **claimed_by(self.row, "<>")})


class NotOwn(errors.StaleVersion):
    """A claim that was to go is of another row."""

    def __init__(self, pk: str) -> None:
        super().__init__()
        self.pk = pk


class DynamoUnitOfWork(BaseUnitOfWork):
    """`absent`: by repository, what rows have in fields that came after them."""

    absent: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(cache)
        self.table = database.module(self.module)
        # by id of a row that was read, what it refers to by a field that came after it,
        # and is not counted as referring by
        self.uncounted: dict[UUID, Collection[str]] = {}
        self._not_own: set[str] = set()

    def repository(
        self,
        codec: Codec[E],
        plural: str,
        *,
        lists: Sequence[Listing] = (),
        by_owner: bool = False,
        unique: Sequence[str | tuple[str, ...]] = (),
        refers: Mapping[str, str] | None = None,
        expiring: bool = False,
    ) -> DynamoRepository[E]:
        """`by_owner`: each list also within an owner's rows.

        `refers`: fields, and the plurals that they refer to.

        `unique`: fields, and tuples of fields that are unique together.
        `expiring`: a row is deleted some time after its `expires_at`.
        """
        return DynamoRepository(
            self, codec, plural, lists, by_owner, unique, refers or {}, expiring
        )

    async def apply(self, staged: ChangeSet) -> None:
        while True:
            try:
                return await self.table.write(list(self.writes_of(staged)))
            except NotOwn as claim:
                self._not_own.add(claim.pk)

    def writes_of(self, staged: ChangeSet) -> Iterator[Write]:
        """All that the transaction writes."""
        staged.check_size()
        for row in staged.processed:
            yield _processed(row)
        taken: dict[str, Write | Freed] = {}  # by marker
        for (plural, _), (before, after) in staged.changes.items():
            repository = self.repository_of[plural]
            yield from repository.writes(before, after)
            repository.mark(taken, before, after)
        for claim in taken.values():
            yield claim.writes(self._not_own) if isinstance(claim, Freed) else claim
        for reference, change in self._reference_counts(staged).items():
            yield from self._count(staged, reference, change)

    def _reference_counts(self, staged: ChangeSet) -> Counter[Reference]:
        """How many more references there will be to each row; 0 also for each shard of
        a row that goes, and that some may refer to.
        """
        counts: Counter[Reference] = Counter()
        for (plural, entity_id), (before, after) in staged.changes.items():
            repository = self.repository_of[plural]
            counts.update(repository.references(after))
            uncounted = self.uncounted.get(entity_id, ())
            counts.subtract(repository.references(before, uncounted))
            if before is not None and after is None and self._referred(plural):
                for shard in range(SHARDS):
                    counts[plural, entity_id, shard] += 0
        return counts

    def _count(
        self, staged: ChangeSet, reference: Reference, change: int
    ) -> Iterator[Write]:
        """Keeps count of the references to a row, a row that is referred to from being
        deleted, and one that is gone from being referred to.

        None of it touches the row, which all that refer to it would contend for.
        """
        plural, entity_id, shard = reference
        pk = f"refs#{plural}#{entity_id}#{shard}"
        before, after = staged.changes.get((plural, entity_id), (None, None))
        if before is not None and after is None:
            in_use = Conflict("It is still in use")
            if change > 0:
                raise in_use
            gone = {
                "pk": text(pk),
                "gone": number(1),
                "ttl": number(int(time.time()) + PROCESSED_RETENTION),
            }
            unused = when(f"{NEW} OR n = :n", n=-change)
            yield Write("Put", {"Item": gone, **unused}, in_use)
        elif change != 0:
            add = {
                **key(pk),
                "UpdateExpression": "ADD n :n",
                **when("attribute_not_exists(gone)", n=change),
            }
            missing = Conflict("What it refers to is no longer there")
            yield Write("Update", add, missing)

    @property
    def indexes_of_all(self) -> set[str]:
        """The indexes that its table has to have, all of them of a `pk` and an `sk` of
        the same name.
        """
        return {
            name
            for repository in self.repository_of.values()
            for name in repository.indexes
        }

    def _referred(self, plural: str) -> bool:
        return any(
            plural in repository.refers.values()
            for repository in self.repository_of.values()
        )

    async def find_processed(self, key: str) -> IdempotencyKey | None:
        item = await self.table.get(f"processed#{key}")
        if item is None:
            return None
        entity_id = None
        if "entity_id" in item:
            entity_id = UUID(item["entity_id"]["S"])
        return IdempotencyKey(key, item["fingerprint"]["S"], entity_id)


def _processed(request: IdempotencyKey) -> Write:
    """The request or event, so that it is not dealt with again."""
    item = {
        "pk": text(f"processed#{request.key}"),
        "fingerprint": text(request.fingerprint),
        "ttl": number(int(time.time()) + PROCESSED_RETENTION),
    }
    if request.entity_id is not None:
        item["entity_id"] = text(str(request.entity_id))
    return put(item, NEW)


class DynamoRepository(BaseRepository[E]):
    _unit: DynamoUnitOfWork

    def __init__(
        self,
        unit: DynamoUnitOfWork,
        codec: Codec[E],
        plural: str,
        lists: Sequence[Listing],
        by_owner: bool,
        unique: Sequence[str | tuple[str, ...]],
        refers: Mapping[str, str],
        expiring: bool,
    ) -> None:
        super().__init__(unit, codec, plural)
        self._table = unit.table
        self._lists = lists
        self._by_owner = by_owner
        # indexes of a list: everybody's rows, and within an owner's
        self._step = 1 + by_owner
        self.unique: list[tuple[str, ...]] = []
        for rule in unique:
            if isinstance(rule, str):
                self.unique.append((rule,))
            else:
                self.unique.append(rule)
        self.refers = refers
        self._expiring = expiring

    @property
    def indexes(self) -> list[str]:
        return [f"list{i}" for i in range(len(self._lists) * self._step)]

    @property
    def kept_by(self) -> tuple[object, ...]:
        """What decides which keys, claims and values a row has."""
        absent = self._unit.absent.get(self._name)
        return self._lists, self._by_owner, self.unique, self.refers, absent

    async def load(self, entity_id: UUID) -> E | None:
        item = await self._table.get(f"{self._name}#{entity_id}")
        if item is None:
            return None
        return self.entity(item)

    async def find(self, field: str, value: Any) -> E | None:
        marker = await self._table.get(self._marker([field], [value]))
        if marker is None:
            return None
        found = await self.load(UUID(marker["id"]["S"]))
        if found is None or getattr(found, field) != value:
            return None
        return found

    async def page(self, query: Query) -> Page[E]:
        listing = query.listing
        index = (
            f"list{self._lists.index(listing) * self._step + (query.owner is not None)}"
        )
        after = None
        if query.after is not None:
            value, entity_id = self._codec.after(query.after, listing.sort)
            after = _sort_key(listing, value, entity_id)
        filters = [query.filters[name] for name in listing.filters]
        scopes: Iterable[object] = range(SHARDS)
        if query.owner is not None:
            scopes = [query.owner]
        most = query.limit + 1
        queries = []
        for scope in scopes:
            pk = self._list_key(listing, scope, filters)
            queries.append(
                self._table.query(
                    index, pk, most, descending=listing.descending, after=after
                )
            )
        shards = await asyncio.gather(*queries)
        merged = heapq.merge(
            *shards,
            key=lambda item: item[f"{index}sk"]["S"],
            reverse=listing.descending,
        )
        return self._codec.page(
            [self.entity(item) for item in islice(merged, most)], query
        )

    def writes(self, before: E | None, after: E | None) -> Iterator[Write]:
        """The row's own write, if its change is one."""
        if before is not None:
            unchanged = when("version = :version", version=before.version)
            if after is None:
                yield Write("Delete", {**key(f"{self._name}#{before.id}"), **unchanged})
            else:
                yield Write("Put", {"Item": self.item(after), **unchanged})
        elif after is not None:
            yield put(self.item(after), NEW, Conflict("id is taken", id="is taken"))

    def mark(
        self, taken: dict[str, Write | Freed], before: E | None, after: E | None
    ) -> None:
        """Claims the unique values that the row has now, and frees those that it had."""
        for fields in self.unique:
            old = _values(before, fields)
            new = _values(after, fields)
            if old == new:
                continue
            if old is not None and before is not None:
                pk = self._marker(fields, old)
                taken.setdefault(pk, Freed(pk, before.id))
            if new is not None and after is not None:
                pk = self._marker(fields, new)
                freed = taken.get(pk)
                if isinstance(freed, Write):
                    raise errors.taken(*fields)
                condition: dict[str, Any] = {"ConditionExpression": NEW}
                if freed is not None:
                    condition = claimed_by(freed.row)
                item = {"pk": text(pk), "id": text(str(after.id))}
                taken[pk] = Write(
                    "Put", {"Item": item, **condition}, errors.taken(*fields)
                )

    def claims(self, row: E) -> dict[str, tuple[str, ...]]:
        """The markers of the unique values that the row has, each with its fields."""
        found = {}
        for fields in self.unique:
            values = _values(row, fields)
            if values is not None:
                found[self._marker(fields, values)] = fields
        return found

    def references(
        self, row: E | None, uncounted: Collection[str] = ()
    ) -> list[Reference]:
        """What a row refers to, but by these fields."""
        if row is None:
            return []
        shard = row.id.int % SHARDS
        found = [
            (plural, getattr(row, field))
            for field, plural in self.refers.items()
            if field not in uncounted
        ]
        return [
            (plural, target, shard) for plural, target in found if target is not None
        ]

    def entity(self, item: Item) -> E:
        document = item["doc"]["S"]
        if lacking := self.lacking(item):
            document = json.dumps({**json.loads(document), **lacking})
        found = self._codec.adapter.validate_json(document)
        if uncounted := lacking.keys() & self.refers.keys():
            self._unit.uncounted[found.id] = uncounted
        return found

    def lacking(self, item: Item) -> Mapping[str, Any]:
        """What the row has by fields that came after it was written."""
        absent = self._unit.absent.get(self._name, {})
        if not absent:
            return {}
        written = json.loads(item["doc"]["S"])
        return {name: value for name, value in absent.items() if name not in written}

    def item(self, entity: E) -> Item:
        document = self._codec.document(entity, MAX_ROW_BYTES)
        # what does not fit could be written, and never be read again
        self._codec.adapter.validate_json(document)
        item = {
            "pk": text(f"{self._name}#{entity.id}"),
            "doc": text(document.decode()),
            "version": number(entity.version),
        }
        if self._expiring:
            item["ttl"] = number(int(entity.expires_at.timestamp()))  # type: ignore[attr-defined]
        owner = None
        if self._by_owner:
            owner = getattr(entity, "owner_id", None)
        for i, listing in enumerate(self._lists):
            filters = [getattr(entity, name) for name in listing.filters]
            value = getattr(entity, listing.sort)
            if value is None or None in filters:
                continue
            place = text(_sort_key(listing, value, entity.id))
            everybody = i * self._step
            item[f"list{everybody}pk"] = text(
                self._list_key(listing, entity.id.int % SHARDS, filters)
            )
            item[f"list{everybody}sk"] = place
            if owner is not None:
                item[f"list{everybody + 1}pk"] = text(
                    self._list_key(listing, owner, filters)
                )
                item[f"list{everybody + 1}sk"] = place
        return item

    def _list_key(self, listing: Listing, scope: object, filters: Iterable[Any]) -> str:
        words = [f"{self._name}#{listing}#{scope}", *map(key_of, filters)]
        return key_of("\0".join(words))

    def _marker(self, fields: Sequence[str], values: Sequence[Any]) -> str:
        key = key_of("\0".join(map(key_of, values)))
        return f"unique#{self._name}#{','.join(fields)}#{key}"


def claimed_by(row: UUID, how: str = "=") -> dict[str, Any]:
    """The condition of a write to a claim: it is this row's, or nobody's; with `<>` any
    row's but this.
    """
    return {
        "ConditionExpression": f"{NEW} OR id {how} :id",
        "ExpressionAttributeValues": {":id": text(str(row))},
    }


def _values(row: Entity | None, fields: Sequence[str]) -> list[Any] | None:
    """The values that are unique together; None: one of them is missing, so they are
    not.
    """
    if row is None:
        return None
    values = [getattr(row, name) for name in fields]
    if None in values:
        return None
    return values


def _sort_key(listing: Listing, value: Any, entity_id: UUID) -> str:
    if listing.sort == "id":
        return str(entity_id)
    return f"{key_of(value)}\0{entity_id}"
