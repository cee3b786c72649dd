"""Many-to-many relations on DynamoDB: an item for each id that a row refers to, written
in the transaction of the row.

link#PLURAL#FIELD#ID#TARGET  `doc` is the id of the row, `list0pk` and `list0sk` its place
                             among the rows that refer to this one, `list1pk` and
                             `list1sk` among those of its owner

The ids themselves stand in the row. Within a module what is referred to is counted as
for single references: it cannot be deleted while it is.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from .dynamodb import Item, Write, key, put, text
from .dynamodb_unit_of_work import (
    SHARDS,
    DynamoRepository,
    DynamoUnitOfWork,
    Reference,
)
from .entity import Entity
from .persistence import Codec, Listing, Page, Query

E = TypeVar("E", bound=Entity)


class LinkingDynamoUnitOfWork(DynamoUnitOfWork):
    """`links_of`: by repository, the fields that refer to several rows."""

    links_of: ClassVar[Mapping[str, tuple[str, ...]]]

    def repository(
        self, codec: Codec[E], plural: str, **options: Any
    ) -> DynamoRepository[E]:
        fields = self.links_of.get(plural)
        if fields is None:
            return super().repository(codec, plural, **options)
        return LinkedRepository(self, codec, plural, fields, **options)


class LinkedRepository(DynamoRepository[E]):
    """A repository of rows that have links."""

    def __init__(
        self,
        unit: DynamoUnitOfWork,
        codec: Codec[E],
        plural: str,
        fields: tuple[str, ...],
        **options: Any,
    ) -> None:
        lists = [
            listing
            for listing in options.get("lists", ())
            if not set(listing.filters) & set(fields)
        ]
        super().__init__(
            unit,
            codec,
            plural,
            lists,
            options.get("by_owner", False),
            options.get("unique", ()),
            options.get("refers", {}),
            options.get("expiring", False),
        )
        self._fields = fields

    async def page(self, query: Query) -> Page[E]:
        """Also by a link: the rows that refer to this one, newest first."""
        field = "".join(query.listing.filters)
        if field not in self._fields:
            return await super().page(query)
        after = None
        if query.after is not None:
            _, last = self._codec.after(query.after, "id")
            after = str(last)
        while True:
            links = await self._links_to(field, query, after)
            ids = [UUID(item["doc"]["S"]) for item in links]
            rows = await asyncio.gather(*map(self.load, ids[: query.limit]))
            target = query.filters[field]
            # the index may not know yet that a row is gone, or refers to others now
            found = [row for row in rows if row and target in getattr(row, field)]
            page = self._codec.page(found, query)
            if page.next is not None or len(ids) <= query.limit:
                return page
            if page.items:
                return Page(page.items, self._codec.cursor(page.items[-1], "id"))
            after = str(ids[query.limit - 1])

    async def _links_to(
        self, field: str, query: Query, after: str | None
    ) -> list[Item]:
        """The links to a row, one more than the page has if there are more."""
        index = "list0"
        scopes: Iterable[object] = range(SHARDS)
        if query.owner is not None:
            index = "list1"
            scopes = [query.owner]
        most = query.limit + 1
        queries = []
        for scope in scopes:
            pk = self._list_key(Listing((field,)), scope, [query.filters[field]])
            queries.append(
                self._table.query(index, pk, most, descending=True, after=after)
            )
        found = await asyncio.gather(*queries)
        merged = heapq.merge(
            *found, key=lambda item: item[f"{index}sk"]["S"], reverse=True
        )
        return list(islice(merged, most))

    def writes(self, before: E | None, after: E | None) -> Iterator[Write]:
        yield from super().writes(before, after)
        for field in self._fields:
            old = getattr(before, field, ())
            new = getattr(after, field, ())
            for target in old:
                if before is not None and target not in new:
                    yield Write("Delete", key(self._link_key(field, before, target)))
            for target in new:
                if after is not None and target not in old:
                    yield put(self._link(field, after, target))

    def references(
        self, row: E | None, uncounted: Collection[str] = ()
    ) -> list[Reference]:
        found: list[Reference] = []
        for plural, target, shard in super().references(row, uncounted):
            targets: Any = target
            if isinstance(target, UUID):
                targets = [target]
            found += [(plural, one, shard) for one in targets]
        return found

    def _link_key(self, field: str, row: Entity, target: UUID) -> str:
        return f"link#{self._name}#{field}#{row.id}#{target}"

    def _link(self, field: str, row: Entity, target: UUID) -> Item:
        scopes: list[object] = [row.id.int % SHARDS]
        if self._by_owner and (owner := getattr(row, "owner_id", None)) is not None:
            scopes.append(owner)
        item = {
            "pk": text(self._link_key(field, row, target)),
            "doc": text(str(row.id)),
        }
        for i, scope in enumerate(scopes):
            pk = self._list_key(Listing((field,)), scope, [target])
            item |= {f"list{i}pk": text(pk), f"list{i}sk": text(str(row.id))}
        return item
