"""Repositories and the unit of work on DynamoDB, with the promises of `sql_unit_of_work.py`. Everything is a key lookup:

PLURAL#ID               a row: `doc` is the entity as JSON, `list0pk` and `list0sk` its place in the first list, and so on
unique#PLURAL#FIELDS#V  the row that has this value of a unique field, or these values of fields that are unique together
refs#PLURAL#ID          how many rows of the module refer to this one, which cannot be deleted while `n` is not 0
processed#KEY           a request or an event that was dealt with
outbox#ID               an event (`dynamodb_outbox.py`)
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from . import errors
from .cache import Cache
from .dynamodb import Database, Item, Write, key_of, number, put, text
from .entity import Entity
from .errors import Conflict
from .persistence import ChangeSet, Codec, IdempotencyKey, Listing, Page, Query
from .unit_of_work import BaseRepository, BaseUnitOfWork

E = TypeVar("E", bound=Entity)
SHARDS = 4  # a list of everybody's rows is spread over so many keys: 1,000 writes a second each
MAX_ROW_BYTES = 350_000  # bytes of a row; an item may have 400 KB, its keys included
PROCESSED_RETENTION = 30 * 24 * 3600  # seconds that handled requests and events are remembered
NEW = "attribute_not_exists(pk)"
Reference = tuple[str, UUID]  # the plural and the id of the row that is referred to


class DynamoUnitOfWork(BaseUnitOfWork):
    def __init__(self, database: Database, cache: Cache) -> None:
        super().__init__(cache)
        self.table = database.module(self.module)

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
        """`by_owner`: each list also within an owner's rows. `refers`: fields, and the plurals that they refer to.

        `unique`: fields, and tuples of fields that are unique together.
        `expiring`: a row is deleted some time after its `expires_at`.
        """
        return DynamoRepository(self, codec, plural, lists, by_owner, unique, refers or {}, expiring)

    async def apply(self, staged: ChangeSet) -> None:
        await self.table.write(list(self.writes(staged)))

    def writes(self, staged: ChangeSet) -> Iterator[Write]:
        """All that the transaction writes."""
        staged.check()
        for row in staged.processed:
            ttl = number(int(time.time()) + PROCESSED_RETENTION)
            item = {"pk": text(f"processed#{row.key}"), "fingerprint": text(row.fingerprint), "ttl": ttl}
            if row.entity_id:
                item["entity_id"] = text(str(row.entity_id))
            yield put(item, NEW)
        taken: dict[str, Write | None] = {}  # by marker; None: it is free from now on
        for (plural, _), (before, after) in staged.changes.items():
            yield from self.repositories[plural].writes(before, after)
            self.repositories[plural].mark(taken, before, after)
        yield from (write or Write("Delete", {"Key": {"pk": text(pk)}}) for pk, write in taken.items())
        yield from self._counts(staged)

    def _counts(self, staged: ChangeSet) -> Iterator[Write]:
        """Keeps count of the references to each row, and rows that are referred to from being deleted."""
        counts: Counter[Reference] = Counter()
        for (plural, entity_id), (before, after) in staged.changes.items():
            counts.update(self.repositories[plural].references(after))
            counts.subtract(self.repositories[plural].references(before))
            if before is not None and after is None and self._referred(plural):
                counts[plural, entity_id] += 0
        for (plural, entity_id), change in counts.items():
            key = {"pk": text(f"refs#{plural}#{entity_id}")}
            before, after = staged.changes.get((plural, entity_id), (None, None))
            if before is not None and after is None:
                if change > 0:
                    raise Conflict("It is still in use")
                condition = {
                    "ConditionExpression": f"{NEW} OR n = :n",
                    "ExpressionAttributeValues": {":n": number(-change)},
                }
                yield Write("Delete", {"Key": key, **condition}, Conflict("It is still in use"))
                continue
            if change:
                values = {":n": number(change)}
                yield Write("Update", {"Key": key, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": values})
            if change > 0 and after is None:
                row = {"Key": {"pk": text(f"{plural}#{entity_id}")}, "ConditionExpression": "attribute_exists(pk)"}
                yield Write("ConditionCheck", row, Conflict("What it refers to is no longer there"))

    @property
    def indexes(self) -> set[str]:
        """The indexes that its table has to have, all of them of a `pk` and an `sk` of the same name."""
        return {name for repository in self.repositories.values() for name in repository.indexes}

    def _referred(self, plural: str) -> bool:
        return any(plural in repository.refers.values() for repository in self.repositories.values())

    async def find_processed(self, key: str) -> IdempotencyKey | None:
        item = await self.table.get(f"processed#{key}")
        if item is None:
            return None
        return IdempotencyKey(
            key, item["fingerprint"]["S"], UUID(item["entity_id"]["S"]) if "entity_id" in item else None
        )


class DynamoRepository(BaseRepository[E]):
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
        self._step = 2 if by_owner else 1  # indexes of a list: everybody's rows, and within an owner's
        self._unique = [(rule,) if isinstance(rule, str) else rule for rule in unique]
        self.refers = refers
        self._expiring = expiring

    @property
    def indexes(self) -> list[str]:
        return [f"list{i}" for i in range(len(self._lists) * self._step)]

    async def load(self, entity_id: UUID) -> E | None:
        item = await self._table.get(f"{self._name}#{entity_id}")
        return self._entity(item) if item else None

    async def find(self, field: str, value: Any) -> E | None:
        marker = await self._table.get(self._marker([field], [value]))
        item = await self._table.get(f"{self._name}#{marker['id']['S']}") if marker else None
        found = self._entity(item) if item else None
        return found if found is not None and getattr(found, field) == value else None

    async def page(self, query: Query) -> Page[E]:
        listing = query.listing
        index = f"list{self._lists.index(listing) * self._step + (query.owner is not None)}"
        after = None
        if query.after is not None:
            after = _sort_key(listing, *self._codec.after(query.after, listing.sort))
        filters = [query.filters[name] for name in listing.filters]
        scopes = range(SHARDS) if query.owner is None else [query.owner]
        most = query.limit + 1
        shards = await asyncio.gather(
            *(
                self._table.query(index, pk, most, descending=listing.descending, after=after)
                for pk in (self._list_key(listing, scope, filters) for scope in scopes)
            )
        )
        merged = heapq.merge(*shards, key=lambda item: item[f"{index}sk"]["S"], reverse=listing.descending)
        return self._codec.page([self._entity(item) for item in islice(merged, most)], query)

    def writes(self, before: E | None, after: E | None) -> Iterator[Write]:
        """The row's own write, if its change is one."""
        if before is not None:
            values = {":v": number(before.version)}
            seen = {"ConditionExpression": "version = :v", "ExpressionAttributeValues": values}
            if after is None:
                yield Write("Delete", {"Key": {"pk": text(f"{self._name}#{before.id}")}, **seen})
            else:
                yield Write("Put", {"Item": self._item(after), **seen})
        elif after is not None:
            yield put(self._item(after), NEW, Conflict("id is taken", id="is taken"))

    def mark(self, taken: dict[str, Write | None], before: E | None, after: E | None) -> None:
        """Claims the unique values that the row has now, and frees those that it had."""
        for fields in self._unique:
            was, is_ = (_values(row, fields) for row in (before, after))
            if was == is_:
                continue
            if was is not None:
                taken.setdefault(self._marker(fields, was), None)
            if is_ is not None:
                pk = self._marker(fields, is_)
                if taken.get(pk):
                    raise errors.taken(*fields)
                item = {"pk": text(pk), "id": text(str(after.id))}  # type: ignore[union-attr]
                taken[pk] = put(item, None if pk in taken else NEW, errors.taken(*fields))

    def references(self, row: E | None) -> list[Reference]:
        targets = ((plural, getattr(row, field)) for field, plural in self.refers.items() if row is not None)
        return [(plural, target) for plural, target in targets if target is not None]

    def _entity(self, item: Item) -> E:
        return self._codec.adapter.validate_json(item["doc"]["S"])

    def _item(self, entity: E) -> Item:
        document = self._codec.document(entity, MAX_ROW_BYTES)
        self._codec.adapter.validate_json(document)  # what does not fit could be written, and never be read again
        item = {
            "pk": text(f"{self._name}#{entity.id}"),
            "doc": text(document.decode()),
            "version": number(entity.version),
        }
        if self._expiring:
            item["ttl"] = number(int(entity.expires_at.timestamp()))  # type: ignore[attr-defined]
        owner = getattr(entity, "owner_id", None) if self._step == 2 else None
        for i, listing in enumerate(self._lists):
            filters = [getattr(entity, name) for name in listing.filters]
            value = getattr(entity, listing.sort)
            if value is None or None in filters:
                continue
            place = text(_sort_key(listing, value, entity.id))
            everybody, theirs = f"list{i * self._step}", f"list{i * self._step + 1}"
            shard = self._list_key(listing, entity.id.int % SHARDS, filters)
            item |= {f"{everybody}pk": text(shard), f"{everybody}sk": place}
            if owner is not None:
                item |= {f"{theirs}pk": text(self._list_key(listing, owner, filters)), f"{theirs}sk": place}
        return item

    def _list_key(self, listing: Listing, scope: object, filters: Iterable[Any]) -> str:
        return key_of("\0".join([f"{self._name}#{listing}#{scope}", *map(key_of, filters)]))

    def _marker(self, fields: Sequence[str], values: Sequence[Any]) -> str:
        key = key_of("\0".join(map(key_of, values)))
        return f"unique#{self._name}#{','.join(fields)}#{key}"


def _values(row: Entity | None, fields: Sequence[str]) -> list[Any] | None:
    """The values that are unique together; None: one of them is missing, so they are not."""
    values = [None if row is None else getattr(row, name) for name in fields]
    return None if None in values else values


def _sort_key(listing: Listing, value: Any, entity_id: UUID) -> str:
    return str(entity_id) if listing.sort == "id" else f"{key_of(value)}\0{entity_id}"
