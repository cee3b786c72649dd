"""Backfill of a table: rows that were written before a list, a unique rule or a field
was there get their keys, their claims and their values, while the system runs.

A row is written as its unit of work writes it, by itself, and only where it is still
what was read; what it has already is left alone, so that all can be run again.

backfill    how far a walk has come, while there is one: `doc` is that as JSON
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from .dynamodb import Item, Write, key, put, text, when
from .dynamodb_unit_of_work import DynamoRepository, DynamoUnitOfWork, claimed_by
from .entity import Entity
from .errors import Conflict, Unavailable, ValidationFailed
from .persistence import ChangeSet

PAGE = 100  # items; one page is done before the next is read
PARALLEL = 8  # rows that are looked at, or written, at once
TRIES = (
    8  # of a row that others write meanwhile, or where too much is asked: 3 s in all
)
MAX_LEFT = 1_000  # rows that cannot be done, from where on it stops
PROGRESS = "backfill"
REFUSED = (Conflict, ValidationError, ValidationFailed)


class TooManyLeft(Exception):
    """More rows cannot be done than are kept count of."""


@dataclass(slots=True)
class Walk:
    """How far one has come.

    `shape`: of what rows get; a walk of another begins anew. `after`: the last key of
    the pages that are done. `left`: the keys of what could not be done, and why.
    """

    shape: str
    after: str = ""
    items: int = 0  # of any kind
    rows: int = 0
    written: int = 0
    left: dict[str, str] = field(default_factory=dict)


class Backfill:
    """Of rows of a module, by the names of their repositories.

    `unit`: makes a unit of work. `tell`: hears how far it is, after each page.
    """

    def __init__(
        self,
        unit: Callable[[], DynamoUnitOfWork],
        names: Collection[str],
        tell: Callable[[Walk], object],
    ) -> None:
        self._unit = unit
        self._names = names
        self._tell = tell
        self._table = unit().table
        self._room = asyncio.Semaphore(PARALLEL)

    async def run(self) -> Walk:
        """Walks through the table, from where an interrupted walk had come to.

        What is `left` in the end is to be mended by its owners. TooManyLeft: it goes on
        from there once some of it is.
        """
        walk = await self._begin()
        while len(walk.left) <= MAX_LEFT:
            page = await self._read(walk.after)
            items = {item["pk"]["S"]: item for item in page["Items"]}
            await self._do(walk, items)
            walk.items += len(items)
            walk.rows += sum(self._is_row(pk) for pk in items)
            if "LastEvaluatedKey" not in page:
                await self._try_again(walk)
                await self._table.write([Write("Delete", key(PROGRESS))])
                self._tell(walk)
                return walk
            walk.after = page["LastEvaluatedKey"]["pk"]["S"]
            document = json.dumps(asdict(walk))
            kept = {"pk": text(PROGRESS), "doc": text(document)}
            await self._table.write([put(kept)])
            self._tell(walk)
        some = "\n".join(f"{pk}: {why}" for pk, why in list(walk.left.items())[:20])
        raise TooManyLeft(f"{len(walk.left)} rows cannot be done, among them\n{some}")

    async def _begin(self) -> Walk:
        unit = self._unit()
        shape = repr([unit.repository_of[name].kept_by for name in self._names])
        item = await self._table.get(PROGRESS)
        if item is not None:
            walk = Walk(**json.loads(item["doc"]["S"]))
            if walk.shape == shape:
                await self._try_again(walk)
                return walk
        return Walk(shape)

    async def _try_again(self, walk: Walk) -> None:
        """What is left may be done by now, or be gone."""
        there = {pk: await self._table.get(pk) for pk in walk.left}
        walk.left.clear()
        await self._do(walk, {pk: item for pk, item in there.items() if item})

    async def _read(self, after: str) -> dict[str, Any]:
        start: dict[str, Any] = (
            {"ExclusiveStartKey": key(after)["Key"]} if after else {}
        )
        table = self._table
        for attempt in range(TRIES):
            try:
                return await table.database.call(
                    "scan",
                    TableName=table.name,
                    ConsistentRead=True,
                    Limit=PAGE,
                    **start,
                )
            except Unavailable:
                await asyncio.sleep(0.025 * 2**attempt)
        raise Unavailable("The database takes no more reads just now")

    async def _do(self, walk: Walk, items: dict[str, Item]) -> None:
        done = await asyncio.gather(*map(self._settle, items, items.values()))
        for pk, (wrote, why) in zip(items, done, strict=True):
            walk.written += wrote
            if why:
                walk.left[pk] = why

    def _is_row(self, pk: str) -> bool:
        return pk.partition("#")[0] in self._names

    async def _settle(self, pk: str, item: Item) -> tuple[bool, str]:
        """Whether something was written; and what is left to do, and why."""
        kind, _, rest = pk.partition("#")
        claim = kind == "unique" and self._is_row(rest)
        if not claim and not self._is_row(pk):
            return False, ""
        found: Item | None = item
        async with self._room:
            for attempt in range(TRIES):
                try:
                    if found is None:
                        return False, ""
                    if claim:
                        return await self._let_go(pk, found), ""
                    return await self._bring_up(pk, found)
                except REFUSED as problem:
                    return False, " ".join(str(problem).split())
                except Unavailable:  # or others have written it meanwhile
                    await asyncio.sleep(0.025 * 2**attempt)
                    found = await self._table.get(pk)
        raise Unavailable("The database takes no more writes just now")

    async def _bring_up(self, pk: str, item: Item) -> tuple[bool, str]:
        unit = self._unit()
        name = pk.partition("#")[0]
        repository: DynamoRepository[Any] = unit.repository_of[name]
        row = before = repository.entity(item)
        if row.id in unit.uncounted:
            # else who has read it meanwhile would count the same reference once more
            row = replace(row, version=row.version + 1)
        behind = bool(repository.lacking(item)) or _keys(item) != _keys(
            repository.item(row)
        )
        if behind:
            staged = ChangeSet()
            staged.put(name, row.id, before, row)
            await self._table.write(list(unit.writes_of(staged)))
        clashes = []
        for marker, fields in repository.claims(row).items():
            there = await self._table.get(marker)
            if there is None:
                await self._claim(pk, row, marker)
                behind = True
            elif (other := there["id"]["S"]) != str(row.id):
                clashes.append(f"{' and '.join(fields)} as {name}#{other} has")
        return behind, "; ".join(clashes)

    async def _claim(self, pk: str, row: Entity, marker: str) -> None:
        claim = {"pk": text(marker), "id": text(str(row.id))}
        unchanged = when("version = :version", version=row.version)
        await self._table.write(
            [
                Write("Put", {"Item": claim, **claimed_by(row.id)}),
                Write("ConditionCheck", {**key(pk), **unchanged}),
            ]
        )

    async def _let_go(self, marker: str, item: Item) -> bool:
        """Takes away a claim of a row that has the value no more: code that did not
        know the rule has changed or deleted it.
        """
        _, name, rule, _ = marker.split("#", 3)
        repository: DynamoRepository[Any] = self._unit().repository_of[name]
        claimed_for = UUID(item["id"]["S"])
        if rule not in {",".join(fields) for fields in repository.unique}:
            return False
        row = await repository.load(claimed_for)
        if row is not None and marker in repository.claims(row):
            return False
        own = claimed_by(claimed_for)
        await self._table.write([Write("Delete", {**key(marker), **own})])
        return True


def _keys(item: Item) -> Item:
    """What a row is kept by, apart from what it says."""
    return {
        name: value for name, value in item.items() if name not in ("doc", "version")
    }
