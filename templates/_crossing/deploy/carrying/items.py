"""The side that keeps rows as items: DynamoDB, written by the repositories of the version
that is to read them.

What a row consists of there (its item, its places in lists, unique values, links, counts
of references) is what the unit of work writes for it, without the conditions that others
who write would have to meet: here nobody else writes, and rows come in no promised order,
so one may claim a value before the row that had it has let it go.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from carrying.rows import (
    FOREIGN,
    LACKING,
    MODULUS,
    PROCESSED,
    Known,
    Row,
    Sums,
    canonical,
    digest,
    units,
)
from moving.gate import LEAVING, LEFT, STAYS

MARK = "carrying#state"
NEVER = datetime.max.replace(tzinfo=UTC)
PAGE = 200  # items that are read at once
GROUP = 12  # rows that are written in one transaction
GROUP_BYTES = 1_000_000  # of them; a transaction may have 4 MB
SEGMENTS = 8  # of a table that are read at once
TRIES = 12  # of a write, about a minute in all
OWN = ("carrying", "job", "outbox", "ping")  # items that are no row's


class Side(Known):
    def __init__(self, package: str, modules: Iterable[str]) -> None:
        self._package = package
        self._base = import_module(f"{package}.chassis.mechanism.dynamodb")
        self._errors = import_module(f"{package}.chassis.mechanism.errors")
        self._persistence = import_module(f"{package}.chassis.mechanism.persistence")
        modules = list(modules)
        database = self._base.Database(os.environ["STACK"], modules)
        database.call = self._patient(database.call)
        self.units = units(package, modules, lambda _: database, self.routes)

    @cached_property
    def routes(self) -> Mapping[str, Mapping[str, str]]:
        try:
            found = import_module(f"{self._package}.apps.event_routes")
        except ModuleNotFoundError:  # nothing reacts to anything
            return {}
        return found.ROUTES  # type: ignore[no-any-return]

    async def handlers(self) -> list[list[str]]:
        """Which events some handler hears, and its name."""
        return [[kind, name] for kind, found in self.routes.items() for name in found]

    async def states(self) -> dict[str, str]:
        """What each table's mark says; `foreign`: it has rows, and no mark; `lacking`:
        there is no table.
        """
        found = {}
        for module, unit in self.units.items():
            try:
                mark = await unit.table.get(MARK)
            except Exception as error:
                if "ResourceNotFound" not in repr(error):
                    raise
                found[module] = LACKING
                continue
            if mark is not None:
                found[module] = mark["state"]["S"]
                continue
            found[module] = ""
            async for item in self._scan(unit.table):
                if item["pk"]["S"].partition("#")[0] not in OWN:
                    found[module] = FOREIGN
                    break
        return found

    async def mark(self, state: str) -> None:
        text = self._base.text
        for unit in self.units.values():
            await unit.table.write(
                [self._base.put({"pk": text(MARK), "state": text(state)})]
            )

    async def check(self) -> list[str]:
        """What cannot be carried, and what to do."""
        found = []
        for url in await self._queues():
            name = url.rpartition("/")[2]
            if "DeadLetters" in name and (count := await self._waiting(url)):
                found.append(
                    f"{name}: {count} events or jobs were given up, and would be lost: try them again (make dead-letters STAGE=... REPLAY=1) or delete them"
                )
        return found

    async def gates(self) -> dict[str, str]:
        """What each table's mark says, `stays` where there is none."""
        found = await self.states()
        return {
            module: state if state in (LEAVING, LEFT) else STAYS
            for module, state in found.items()
        }

    async def page(self, module: str, place: str) -> tuple[list[Row], str]:
        """Rows behind a place, and the place behind them, which is `end` at last."""
        unit, names = self.units[module], self._names(module)
        more = {"ExclusiveStartKey": {"pk": self._base.text(place)}} if place else {}
        answer = await unit.table.database.call(
            "scan", TableName=unit.table.name, ConsistentRead=True, Limit=PAGE, **more
        )
        moment = datetime.now(UTC)
        rows = [
            row[:3]
            for item in answer["Items"]
            if (row := self._as_row(module, names, item)) and row[3] > moment
        ]
        last = answer.get("LastEvaluatedKey")
        return rows, last["pk"]["S"] if last else "end"

    async def read(self, module: str, keys: list[tuple[str, str]]) -> list[Row]:
        """These rows as they are now."""
        unit, names, moment = self.units[module], self._names(module), datetime.now(UTC)
        pks = [
            f"{entity if entity == PROCESSED else self.repositories[module][entity]._name}#{key}"
            for entity, key in keys
        ]
        items = await asyncio.gather(*[unit.table.get(pk) for pk in pks])
        rows = [item and self._as_row(module, names, item) for item in items]
        return [
            (entity, key, row[2] if row and row[3] > moment else None)
            for (entity, key), row in zip(keys, rows, strict=True)
        ]

    async def stop(self, background: bool) -> float:
        """Has no function begin anything, those in the background or those that answer
        clients; gives how many seconds what they have begun may take.
        """
        await self.mark(LEAVING)
        longest = 0.0
        for function in await self._functions():
            name = function["FunctionName"]
            if name.endswith("-background") == background:
                longest = max(longest, function["Timeout"])
                await self._concurrency(name, 0)
        return longest

    async def start(self) -> None:
        """Has functions work as before."""
        table = next(iter(self.units.values())).table
        for function in await self._functions():
            name = function["FunctionName"]
            kept = await self._kept(name)
            if kept is not None:
                await self._concurrency(name, kept)
                await self._delete(table, f"{MARK}#{name}")
        for unit in self.units.values():
            await self._delete(unit.table, MARK)

    async def _delete(self, table: Any, pk: str) -> None:
        await table.write([self._base.Write("Delete", self._base.key(pk))])

    async def pending(self, module: str) -> list[dict[str, Any]]:
        """Events that no handler remembers: those that wait, and those that a handler
        keeps no note of.
        """
        unit, found = self.units[module], []
        async for item in self._scan(unit.table):
            if not item["pk"]["S"].startswith("outbox#"):
                continue
            handler, body = item["handler"]["S"], item["body"]["S"]
            key = uuid5(UUID(json.loads(body)["id"]), handler)
            table = self._table_of(handler)
            if table is None or await table.get(f"{PROCESSED}#{key}") is None:
                found.append(
                    {"type": item["type"]["S"], "handler": handler, "body": body}
                )
        return found

    async def fit(self, module: str, rows: list[Row]) -> list[str]:
        """Which of them cannot be kept here, and why."""
        found = []
        for entity, key, form in rows:
            if entity == PROCESSED or form is None:
                continue
            try:
                made = self._writes(
                    module, [(entity, None, self.row(module, entity, form))]
                )
            except self._errors.Problem as error:
                found.append(f"{module}: {key} of {entity}: {error}")
                continue
            if len(made) > self._persistence.MAX_WRITES:
                found.append(
                    f"{module}: {key} of {entity} would be {len(made)} items, and one transaction writes {self._persistence.MAX_WRITES}"
                )
        return found

    async def put(self, module: str, rows: list[Row]) -> int:
        """Has these rows as they are told; gives how many were otherwise."""
        by_key = {(entity, key): form for entity, key, form in rows}
        handled = [
            (key, form) for (entity, key), form in by_key.items() if entity == PROCESSED
        ]
        changed = sum(
            await asyncio.gather(
                *[self._put_processed(module, key, form) for key, form in handled]
            )
        )
        left = {place: form for place, form in by_key.items() if place[0] != PROCESSED}
        for attempt in range(TRIES):
            changes = await self._changes(module, left)
            if attempt == 0:
                changed += len(changes)
            if not changes:
                return changed
            again = [await self._write(module, group) for group in _groups(changes)]
            if any(again):
                await asyncio.sleep(min(8.0, 0.05 * 2**attempt))
        raise self._errors.Unavailable("The database takes no more writes just now")

    async def sums(
        self, module: str, until: str, wanted: Mapping[str, list[int]] | None = None
    ) -> dict[str, Any]:
        """Of all rows, but for those that expire until then; and `derived`, the sums of
        what rows bring along: what it should be, and what it is.
        """
        sums, moment = Sums(wanted), datetime.fromisoformat(until)
        should = is_there = 0
        unit, names = self.units[module], self._names(module)
        async for item in self._scan(unit.table):
            pk = item["pk"]["S"]
            kind = pk.partition("#")[0]
            told = self._as_row(module, names, item)
            if told and told[3] > moment:
                sums.add(*told[:3])
            if kind in names and "version" in item:
                repository = self.repositories[module][names[kind]]
                row = repository.entity(item)
                for key, value, weight in self._derived(module, names[kind], row):
                    should = (should + weight * digest(key, value)) % MODULUS
                if repository.item(row) != item:
                    is_there += digest(pk, "the item is not what the row makes")
            elif kind not in (*OWN, PROCESSED) and "gone" not in item:
                value, weight = _told(item)
                is_there = (is_there + weight * digest(pk, value)) % MODULUS
        return {**sums.told(), "derived": [f"{should:032x}", f"{is_there:032x}"]}

    async def deliver(self, module: str, events: list[dict[str, Any]]) -> None:
        """Has these events handled, each once, however often it is told."""
        unit = self.units[module]
        for event in events:
            body = event["body"].encode()
            told = SimpleNamespace(
                type=event["type"], to_cloudevent=lambda _, body=body: body
            )
            staged = self._persistence.ChangeSet()
            staged.events.append((told, event["handler"]))
            (write,) = unit.writes_of(staged)
            item = write.arguments["Item"]
            number = uuid5(NAMESPACE_OID, f"{module}:{event['id']}")
            item["pk"] = self._base.text(f"outbox#{number}")
            if await unit.table.get(item["pk"]["S"]) is None:
                await unit.table.write([self._base.put(item)])

    def _as_row(self, module: str, names: Mapping[str, str], item: Any) -> Any:
        """A row as it is told, and when it expires; None: the item is no row."""
        kind, _, key = item["pk"]["S"].partition("#")
        if kind == PROCESSED:
            until = datetime.fromtimestamp(int(item["ttl"]["N"]), UTC)
            return PROCESSED, key, _processed(item), until
        if kind not in names or "version" not in item:
            return None
        repository = self.repositories[module][names[kind]]
        row = repository.entity(item)
        until = row.expires_at if repository._expiring else NEVER
        return names[kind], key, canonical(repository, row), until

    def _table_of(self, handler: str) -> Any:
        """Of the module that remembers what this handler did, if it is carried, too."""
        unit = self.units.get(handler.partition(".")[0])
        return None if unit is None else unit.table

    @cached_property
    def _stack(self) -> str:
        return os.environ["STACK"]

    def _patient(self, call: Any) -> Any:
        """The same call, again where it is too much at once, or is not heard."""

        async def patiently(operation: str, **arguments: Any) -> Any:
            for attempt in range(TRIES):
                try:
                    return await call(operation, **arguments)
                except self._errors.Unavailable:
                    await asyncio.sleep(min(8.0, 0.05 * 2**attempt))
            return await call(operation, **arguments)

        return patiently

    def _client(self, service: str) -> Any:
        return import_module(f"{self._package}.chassis.mechanism.aws").client(service)

    async def _functions(self) -> list[Any]:
        def found() -> list[Any]:
            pages = self._client("lambda").get_paginator("list_functions").paginate()
            return [
                function
                for page in pages
                for function in page["Functions"]
                if function["FunctionName"].startswith(f"{self._stack}-")
            ]

        return await asyncio.to_thread(found)

    async def _concurrency(self, name: str, most: int) -> None:
        """How many of a function may run at once; what held before is kept in a tag.
        `most`: -1 is as many as the account has.
        """
        client = self._client("lambda")

        def change() -> None:
            if most < 0:
                client.delete_function_concurrency(FunctionName=name)
            else:
                client.put_function_concurrency(
                    FunctionName=name, ReservedConcurrentExecutions=most
                )

        if most == 0 and await self._kept(name) is None:
            answer = await asyncio.to_thread(
                client.get_function_concurrency, FunctionName=name
            )
            before = answer.get("ReservedConcurrentExecutions", -1)
            await self._keep(name, before)
        await asyncio.to_thread(change)

    async def _kept(self, name: str) -> int | None:
        table = next(iter(self.units.values())).table
        item = await table.get(f"{MARK}#{name}")
        return None if item is None else int(item["most"]["N"])

    async def _keep(self, name: str, most: int) -> None:
        table = next(iter(self.units.values())).table
        item = {
            "pk": self._base.text(f"{MARK}#{name}"),
            "most": self._base.number(most),
        }
        await table.write([self._base.put(item)])

    async def _queues(self) -> list[str]:
        client = self._client("sqs")
        answer = await asyncio.to_thread(
            client.list_queues, QueueNamePrefix=f"{self._stack}-"
        )
        return list(answer.get("QueueUrls", []))

    async def _waiting(self, url: str) -> int:
        client = self._client("sqs")
        answer = await asyncio.to_thread(
            client.get_queue_attributes,
            QueueUrl=url,
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def _names(self, module: str) -> dict[str, str]:
        """By the name that their items begin with."""
        return {
            repository._name: entity
            for entity, repository in self.repositories[module].items()
        }

    async def _changes(
        self, module: str, wanted: Mapping[tuple[str, str], str | None]
    ) -> list[Any]:
        """Of these rows those that are otherwise here: entity, before, after."""

        async def change(entity: str, key: str, form: str | None) -> Any:
            repository = self.repositories[module][entity]
            before = await repository.load(UUID(key))
            was = None if before is None else canonical(repository, before)
            if was == form:
                return None
            after = None if form is None else self.row(module, entity, form)
            return entity, before, after

        found = await asyncio.gather(
            *[change(entity, key, form) for (entity, key), form in wanted.items()]
        )
        return [change for change in found if change is not None]

    def _writes(self, module: str, changes: Iterable[Any]) -> list[Any]:
        """All that the unit of work writes for these changes."""
        unit, staged = self.units[module], self._persistence.ChangeSet()
        for entity, before, after in changes:
            repository = self.repositories[module][entity]
            staged.put(repository._name, (after or before).id, before, after)
        return list(unit.writes_of(staged))

    async def _write(self, module: str, changes: list[Any]) -> bool:
        """Writes them; gives whether some have to be looked at again."""
        table, names = self.units[module].table, self._names(module)
        try:
            made = self._writes(module, changes)
        except self._errors.Conflict:
            made = []  # rows of different moments: one after the other
        if (not made or len(made) > self._persistence.MAX_WRITES) and len(changes) > 1:
            halves = changes[: len(changes) // 2], changes[len(changes) // 2 :]
            return any([await self._write(module, half) for half in halves])
        ids = {str((after or before).id) for _, before, after in changes}
        writes = []
        for write in made:
            if await self._stands(table, write, ids):
                writes.append(write if _is_row(write, names) else _freely(write))
        try:
            await table.write(writes)
        # it was written meanwhile, or cannot be just now
        except (
            self._errors.Conflict,
            self._errors.StaleVersion,
            self._errors.Unavailable,
        ):
            return True
        return False

    async def _stands(self, table: Any, write: Any, ids: set[str]) -> bool:
        """Whether it is to be written: a unique value that another row has now is not
        freed.
        """
        if write.action != "Delete":
            return True
        pk = write.arguments["Key"]["pk"]["S"]
        if not pk.startswith("unique#"):
            return True
        marker = await table.get(pk)
        return marker is not None and marker["id"]["S"] in ids

    async def _put_processed(self, module: str, key: str, form: str | None) -> int:
        unit = self.units[module]
        pk = f"{PROCESSED}#{key}"
        item = await unit.table.get(pk)
        if (None if item is None else _processed(item)) == form:
            return 0
        if form is None:
            await unit.table.write([self._base.Write("Delete", self._base.key(pk))])
            return 1
        told, staged = json.loads(form), self._persistence.ChangeSet()
        entity_id = told["entity_id"] and UUID(told["entity_id"])
        staged.processed.append(
            self._persistence.IdempotencyKey(key, told["fingerprint"], entity_id)
        )
        (write,) = unit.writes_of(staged)
        made = {**write.arguments["Item"], "ttl": self._base.number(told["until"])}
        await unit.table.write([self._base.put(made)])
        return 1

    def _derived(
        self, module: str, entity: str, row: Any
    ) -> list[tuple[str, str, int]]:
        """What a row brings along: keys, what is there, and how often."""
        found = []
        for write in self._writes(module, [(entity, None, row)]):
            if _is_row(write, self._names(module)):
                continue
            if write.action == "Update":
                pk = write.arguments["Key"]["pk"]["S"]
                count = write.arguments["ExpressionAttributeValues"][":n"]["N"]
                found.append((pk, "", int(count)))
            else:
                item = write.arguments["Item"]
                found.append((item["pk"]["S"], *_told(item)))
        return found

    async def _scan(self, table: Any) -> AsyncIterator[Any]:
        """All items, as they are now."""
        places: list[Any] = [{} for _ in range(SEGMENTS)]
        while any(place is not None for place in places):
            pages = await asyncio.gather(
                *[
                    self._segment(table, number, place)
                    for number, place in enumerate(places)
                ]
            )
            for number, (items, place) in enumerate(pages):
                places[number] = place
                for item in items:
                    yield item

    async def _segment(self, table: Any, number: int, place: Any) -> Any:
        if place is None:
            return [], None
        answer = await table.database.call(
            "scan",
            TableName=table.name,
            ConsistentRead=True,
            Segment=number,
            TotalSegments=SEGMENTS,
            **place,
        )
        last = answer.get("LastEvaluatedKey")
        return answer["Items"], last and {"ExclusiveStartKey": last}


def _groups(changes: list[Any]) -> list[list[Any]]:
    """As many as one transaction takes."""
    groups: list[list[Any]] = []
    size = 0
    for change in changes:
        more = sum(len(repr(row)) for row in change[1:])
        if not groups or len(groups[-1]) == GROUP or size + more > GROUP_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(change)
        size += more
    return groups


def _is_row(write: Any, names: Mapping[str, str]) -> bool:
    place = write.arguments.get("Item") or write.arguments["Key"]
    kind = place["pk"]["S"].partition("#")[0]
    return kind in names and (write.action == "Delete" or "version" in place)


def _freely(write: Any) -> Any:
    """Without its condition."""
    arguments = {
        name: value
        for name, value in write.arguments.items()
        if name != "ConditionExpression"
    }
    if write.action != "Update":
        arguments.pop("ExpressionAttributeValues", None)
    return type(write)(write.action, arguments)


def _told(item: Any) -> tuple[str, int]:
    """What is in an item that a row brought along, and how often."""
    if "n" in item:
        return "", int(item["n"]["N"])
    return json.dumps({**item, "pk": ""}, sort_keys=True), 1


def _processed(item: Any) -> str:
    told = {
        "entity_id": item["entity_id"]["S"] if "entity_id" in item else None,
        "fingerprint": item["fingerprint"]["S"],
        "until": int(item["ttl"]["N"]),
    }
    return json.dumps(told, sort_keys=True)
