"""The side that keeps rows in tables: PostgreSQL, read by the repositories of the version
that wrote them.

A log says what has changed since rows were read: a trigger of each table writes the key
of a row into `carrying.changes` in the transaction that changes it, an outbox of keys.
Whoever reads an entry reads the row after it, so the order of entries does not matter,
and none is passed over, whichever transaction ended first.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from carrying.rows import (
    FOREIGN,
    LACKING,
    PROCESSED,
    REMEMBERED,
    Known,
    Row,
    Sums,
    canonical,
    units,
)
from moving import gate
from moving.psql import Failed, literal, name

PAGE = 200  # rows that are read at once
LOG = """
CREATE SCHEMA IF NOT EXISTS carrying;
CREATE TABLE IF NOT EXISTS carrying.changes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, module text NOT NULL, entity text NOT NULL, key text NOT NULL);
CREATE INDEX IF NOT EXISTS ix_changes ON carrying.changes (module, id);
CREATE TABLE IF NOT EXISTS carrying.progress (module text PRIMARY KEY, place text NOT NULL);
CREATE OR REPLACE FUNCTION carrying.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $note$
DECLARE was text; becomes text; BEGIN
  IF TG_OP <> 'INSERT' THEN EXECUTE format('SELECT ($1).%I::text', TG_ARGV[2]) INTO was USING OLD; END IF;
  IF TG_OP <> 'DELETE' THEN EXECUTE format('SELECT ($1).%I::text', TG_ARGV[2]) INTO becomes USING NEW; END IF;
  INSERT INTO carrying.changes (module, entity, key) SELECT DISTINCT TG_ARGV[0], TG_ARGV[1], k FROM unnest(ARRAY[was, becomes]) k WHERE k IS NOT NULL;
  RETURN NULL; END $note$
"""


class Session:
    """What `gate` asks, by a connection of ours."""

    def __init__(self, engine: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._loop = loop

    def ask(self, sql: str) -> list[str]:
        return asyncio.run_coroutine_threadsafe(
            run(self._engine, sql), self._loop
        ).result()


async def run(engine: Any, sql: str) -> list[str]:
    """Statements; what a query answers, its first column (Failed)."""
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        try:
            if sql.lstrip().startswith("SELECT"):
                rows = await driver.fetch(sql)
                return ["" if row[0] is None else str(row[0]) for row in rows]
            await driver.execute(sql)
        except asyncpg.PostgresError as error:
            if "BEGIN" in sql:
                await driver.execute("ROLLBACK")
            raise Failed(str(error)) from error
    return []


class Side(Known):
    def __init__(self, package: str, modules: Iterable[str]) -> None:
        self._package = package
        self._databases: dict[str, Any] = {}
        self._sql = import_module(f"{package}.chassis.mechanism.sql")
        self.units = units(package, modules, self._database, None)

    def _database(self, module: str) -> Any:
        """Of a module: ROWS_URL_MODULE of the environment says where it is, or ROWS_URL."""
        url = os.environ.get(f"ROWS_URL_{module.upper()}") or os.environ["ROWS_URL"]
        if not url.startswith("postgresql"):
            raise ValueError(
                f"ROWS_URL of {module} is not that of a PostgreSQL (postgresql://...), which alone keeps a log"
            )
        if url not in self._databases:
            self._databases[url] = self._sql.Database(url, 4)
        return self._databases[url]

    async def check(self) -> list[str]:
        """What cannot be carried, and what to do."""
        found = []
        for module, unit in self.units.items():
            there = await self._gate(module, gate.tables)
            if not there:
                found.append(
                    f"{module}: its database has no tables of it; ROWS_URL_{module.upper()} says which database it is"
                )
            beside = sorted(set(there) - self._known(module))
            if beside:
                found.append(
                    f"{module}: {', '.join(beside)} is no entity's table, so nothing knows how the other database would keep it: take out or drop what is not needed any more"
                )
            if dead := await self._dead(unit):
                found.append(
                    f"{module}: {dead} events are dead letters, which the other side would begin anew: try them again (make dead-letters REPLAY=1) or delete them"
                )
        return found

    async def gates(self) -> dict[str, str]:
        return {module: await self._gate(module, gate.state) for module in self.units}

    async def begin(self) -> None:
        """The log is kept from here on."""
        for module in self.units:
            await run(self._engine(module), LOG)
            for table, (entity, column) in self._logged(module).items():
                await self._ask(
                    module,
                    f"""BEGIN; SET LOCAL lock_timeout = '{gate.PATIENCE}';
                    CREATE OR REPLACE TRIGGER carry AFTER INSERT OR UPDATE OR DELETE ON {name(self._schema(module), table)}
                    FOR EACH ROW EXECUTE FUNCTION carrying.note({literal(module)}, {literal(entity)}, {literal(column)}); COMMIT""",
                )
            if await self._gate(module, gate.state) == gate.STAYS:
                await self._gate(module, gate.make, gate.OPEN, gate.STAYS)
                await run(
                    self._engine(module),
                    f"CREATE TABLE IF NOT EXISTS {name(self._schema(module), gate.MARKS)} (mark text)",
                )

    async def end(self, undo: bool = False) -> None:
        """The log is kept no more; `undo`: and the gate goes."""
        for module in self.units:
            if undo and await self._gate(module, gate.state):
                await self._gate(module, gate.open_, gate.STAYS)
                await self._gate(module, gate.remove)
            for table in self._logged(module):
                await self._ask(
                    module,
                    f"BEGIN; SET LOCAL lock_timeout = '{gate.PATIENCE}'; DROP TRIGGER IF EXISTS carry ON {name(self._schema(module), table)}; COMMIT",
                )
            if await self._has_log(module):
                await run(
                    self._engine(module),
                    f"BEGIN; DELETE FROM carrying.changes WHERE module = {literal(module)}; "
                    f"DELETE FROM carrying.progress WHERE module = {literal(module)}; COMMIT",
                )

    async def progress(self, module: str) -> str | None:
        """Where copying has got to; None: it has not begun."""
        if not await self._has_log(module):
            return None
        found = await run(
            self._engine(module),
            f"SELECT place FROM carrying.progress WHERE module = {literal(module)}",
        )
        return found[0] if found else None

    async def keep(self, module: str, place: str) -> None:
        await run(
            self._engine(module),
            f"INSERT INTO carrying.progress VALUES ({literal(module)}, {literal(place)}) ON CONFLICT (module) DO UPDATE SET place = excluded.place",
        )

    async def page(self, module: str, place: str) -> tuple[list[Row], str]:
        """Rows behind a place, and the place behind them, which is `end` at last.

        A place is the name of an entity and a key, a row of which all before were read.
        """
        entities = [*self.repositories[module], PROCESSED]
        entity, _, after = place.partition(" ")
        entity = entity or entities[0]
        found = await self._read(module, entity, after)
        if len(found) == PAGE:
            return self._current(found), f"{entity} {found[-1][1]}"
        following = [*entities, ""][entities.index(entity) + 1]
        return self._current(found), f"{following} " if following else "end"

    async def changes(self, module: str) -> tuple[list[Row], list[int]]:
        """Rows as they are now that the log names, the oldest entries first, and these."""
        async with self._engine(module).connect() as connection:
            logged = await connection.execute(
                sa.text(
                    "SELECT id, entity, key FROM carrying.changes WHERE module = :module ORDER BY id LIMIT :most"
                ),
                {"module": module, "most": PAGE},
            )
            entries = list(logged)
        by_entity: dict[str, set[str]] = {}
        for _, entity, key in entries:
            by_entity.setdefault(entity, set()).add(key)
        rows: list[Row] = []
        for entity, keys in by_entity.items():
            there = self._current(await self._read(module, entity, keys=keys))
            gone = keys - {key for _, key, _ in there}
            rows += there
            rows += [(entity, key, None) for key in sorted(gone)]
        return rows, [number for number, _, _ in entries]

    async def forget(self, module: str, entries: list[int]) -> None:
        """Of the log, what the other side has now."""
        async with self._engine(module).begin() as connection:
            await connection.execute(
                sa.text("DELETE FROM carrying.changes WHERE id = ANY(:entries)"),
                {"entries": entries},
            )

    async def note(self, module: str, rows: list[tuple[str, str]]) -> None:
        """Has the log name these rows."""
        async with self._engine(module).begin() as connection:
            await connection.execute(
                sa.text(
                    "INSERT INTO carrying.changes (module, entity, key) VALUES (:module, :entity, :key)"
                ),
                [
                    {"module": module, "entity": entity, "key": key}
                    for entity, key in rows
                ],
            )

    async def sums(
        self, module: str, until: str, wanted: Mapping[str, list[int]] | None = None
    ) -> dict[str, Any]:
        """Of all rows, but for those that expire until then."""
        sums = Sums(wanted)
        for entity in [*self.repositories[module], PROCESSED]:
            async for row in self._all(module, entity):
                if not _expired(row, datetime.fromisoformat(until)):
                    sums.add(*row[:3])
        return sums.told()

    async def pause(self, module: str, seconds: float) -> str:
        """Refuses writes; gives until when."""
        until, _ = await self._gate(module, gate.pause, seconds)
        return until

    async def close(self, module: str, until: str) -> None:
        """Refuses writes for good (Failed: the pause is over)."""
        await self._gate(module, gate.close, until)

    async def open(self, module: str) -> None:
        """Takes writes, as if nothing had been."""
        await self._gate(module, gate.open_, gate.STAYS)

    async def pending(self, module: str) -> list[dict[str, Any]]:
        """Events that are not delivered yet."""
        table = getattr(self.units[module], "outbox", None)
        if table is None:
            return []
        async with self._engine(module).connect() as connection:
            found = await connection.execute(
                sa.select(table.c.id, table.c.type, table.c.handler, table.c.body)
                .where(table.c.due.is_not(None))
                .order_by(table.c.id)
            )
            return [dict(row) for row in found.mappings()]

    async def states(self) -> dict[str, str]:
        """How far rows have arrived here: what the gate says, `foreign` where there are
        rows that did not come by it, `lacking` where there are no tables.
        """
        found = {}
        for module in self.units:
            state = await self._gate(module, gate.state)
            found[module] = state if state in (gate.ARRIVING, gate.ARRIVED) else ""
            if not state:
                found[module] = LACKING
            elif state == gate.STAYS:
                for entity in self.repositories[module]:
                    if await self._read(module, entity):
                        found[module] = FOREIGN
        return found

    async def ready(self) -> list[str]:
        """What is in the way of rows that arrive, and what to do."""
        found = []
        for module in self.units:
            try:
                await run(
                    self._engine(module),
                    "BEGIN; SET LOCAL session_replication_role = replica; COMMIT",
                )
            except Failed as error:
                found.append(
                    f"{module}: {error}: ROWS_URL as a superuser, or GRANT SET ON PARAMETER session_replication_role TO whoever it names, so that rows may come before those that they refer to"
                )
        return found

    async def mark(self, state: str) -> None:
        """`arriving`: nobody writes here but what arrives; `arrived`: everybody may."""
        for module in self.units:
            if state == gate.ARRIVING:
                await run(self._engine(module), LOG)
                await self._gate(module, gate.make, gate.CLOSED, gate.ARRIVING)
            else:
                await self._gate(module, gate.open_, state)

    async def fit(self, module: str, rows: list[Row]) -> list[str]:
        """Which of them cannot be kept here, and why."""
        found = []
        for entity, key, form in rows:
            if entity == PROCESSED or form is None:
                continue
            try:
                self.repositories[module][entity].write(
                    None, self.row(module, entity, form)
                )
            except Exception as error:  # noqa: BLE001 - whatever it says of the row
                found.append(f"{module}: {key} of {entity}: {error}")
        return found

    async def put(self, module: str, rows: list[Row]) -> int:
        """Has these rows as they are told, whatever they refer to, which may come later;
        one that has a unique value that is now another's goes, until it is told anew.
        """
        async with self._engine(module).begin() as connection:
            # past foreign keys and the gate, as replication goes
            await connection.execute(
                sa.text("SET LOCAL session_replication_role = replica")
            )
            for entity, key, form in rows:
                if entity == PROCESSED:
                    await self._put_processed(connection, module, key, form)
                else:
                    await self._put(connection, module, entity, key, form)
        return len(rows)

    async def deliver(self, module: str, events: list[dict[str, Any]]) -> None:
        """Has these events handled, each once, however often it is told."""
        table = getattr(self.units[module], "outbox", None)
        if table is None:
            return
        async with self._engine(module).begin() as connection:
            await connection.execute(
                sa.text("SET LOCAL session_replication_role = replica")
            )
            for event in events:
                same = [table.c[name] == event[name] for name in ("handler", "body")]
                if (
                    await connection.execute(sa.select(table.c.id).where(*same))
                ).first():
                    continue
                told = {**event, "attempts": 0, "due": datetime.now(UTC)}
                await connection.execute(table.insert(), told)

    async def _put(
        self, connection: Any, module: str, entity: str, key: str, form: str | None
    ) -> None:
        unit, repository = self.units[module], self.repositories[module][entity]
        table = repository._table
        await self._delete(connection, repository, [UUID(key)])
        if form is None:
            return
        persistence = import_module(f"{self._package}.chassis.mechanism.persistence")
        staged, row = persistence.ChangeSet(), self.row(module, entity, form)
        staged.put(repository._name, row.id, None, row)
        (write,) = unit.writes_of(staged)
        errors = import_module(f"{self._package}.chassis.mechanism.sql_errors")
        for columns in errors.unique_rules(table):
            values = [write.values[column.name] for column in columns]
            if None not in values:
                same = [
                    column == value
                    for column, value in zip(columns, values, strict=True)
                ]
                others = await connection.execute(sa.select(table.c.id).where(*same))
                await self._delete(connection, repository, list(others.scalars()))
        await connection.execute(write.table.insert(), write.values)
        links = unit._changes(staged) if hasattr(unit, "links_of") else ()
        for link, _, after in links:
            if after:
                await connection.execute(link.insert(), after)

    async def _delete(self, connection: Any, repository: Any, ids: list[UUID]) -> None:
        for link in getattr(repository, "_links", {}).values():
            await connection.execute(link.delete().where(link.c[0].in_(ids)))
        table = repository._table
        await connection.execute(table.delete().where(table.c.id.in_(ids)))

    async def _put_processed(
        self, connection: Any, module: str, key: str, form: str | None
    ) -> None:
        table = self.units[module].processed
        await connection.execute(table.delete().where(table.c.key == key))
        if form is not None:
            told = json.loads(form)
            moment = datetime.fromtimestamp(told["until"], UTC)
            values = {
                "key": key,
                "fingerprint": told["fingerprint"],
                "entity_id": told["entity_id"] and UUID(told["entity_id"]),
                "at": moment - timedelta(days=REMEMBERED),
            }
            await connection.execute(table.insert(), values)

    def _engine(self, module: str) -> Any:
        return self.units[module].engine

    def _schema(self, module: str) -> str:
        options = self._engine(module).get_execution_options()
        return str(options["schema_translate_map"][None])

    async def _gate(self, module: str, work: Any, *arguments: Any) -> Any:
        session = Session(self._engine(module), asyncio.get_running_loop())
        return await asyncio.to_thread(work, session, self._schema(module), *arguments)

    async def _ask(self, module: str, sql: str) -> None:
        session = Session(self._engine(module), asyncio.get_running_loop())
        await asyncio.to_thread(gate.patiently, session, sql)

    def _logged(self, module: str) -> dict[str, tuple[str, str]]:
        """By table, the entity whose rows it has a part of, and the column of their key."""
        found = {self.units[module].processed.name: (PROCESSED, "key")}
        for entity, repository in self.repositories[module].items():
            found[repository._table.name] = (entity, "id")
            for link in getattr(repository, "_links", {}).values():
                found[link.name] = (entity, link.c[0].name)
        return found

    def _known(self, module: str) -> set[str]:
        unit = self.units[module]
        beside = [getattr(unit, kind, None) for kind in ("jobs", "outbox")]
        return {
            *self._logged(module),
            *(found.name for found in beside if found is not None),
        }

    async def _has_log(self, module: str) -> bool:
        found = await run(
            self._engine(module), "SELECT to_regclass('carrying.progress')"
        )
        return found != [""]

    async def _dead(self, unit: Any) -> int:
        table = getattr(unit, "outbox", None)
        if table is None:
            return 0
        query = sa.select(sa.func.count()).where(table.c.due.is_(None))
        async with unit.engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def _all(self, module: str, entity: str) -> AsyncIterator[Any]:
        after = ""
        while True:
            found = await self._read(module, entity, after)
            for row in found:
                yield row
            if len(found) < PAGE:
                return
            after = found[-1][1]

    async def _read(
        self,
        module: str,
        entity: str,
        after: str = "",
        keys: Iterable[str] | None = None,
    ) -> list[Any]:
        """Rows behind a key, or those of some keys: entity, key, canonical form, and when
        they expire.
        """
        if entity == PROCESSED:
            return await self._read_processed(module, after, keys)
        repository = self.repositories[module][entity]
        table = repository._table
        query = sa.select(table).order_by(table.c.id)
        if keys is not None:
            query = query.where(table.c.id.in_([UUID(key) for key in keys]))
        else:
            query = query.limit(PAGE)
            if after:
                query = query.where(table.c.id > UUID(after))
        expiring = table in self.units[module].expiring
        return [
            (
                entity,
                str(row.id),
                canonical(repository, row),
                row.expires_at if expiring else None,
            )
            for row in await repository.rows(query)
        ]

    async def _read_processed(
        self, module: str, after: str, keys: Iterable[str] | None
    ) -> list[Any]:
        table = self.units[module].processed
        query = sa.select(table).order_by(table.c.key)
        if keys is not None:
            query = query.where(table.c.key.in_(list(keys)))
        else:
            query = query.where(table.c.key > after).limit(PAGE)
        async with self._engine(module).connect() as connection:
            found = await connection.execute(query)
            rows = list(found.mappings())
        return [
            (
                PROCESSED,
                row["key"],
                *processed(row["fingerprint"], row["entity_id"], row["at"]),
            )
            for row in rows
        ]

    def _current(self, rows: Iterable[Any]) -> list[Row]:
        return [row[:3] for row in rows if not _expired(row, datetime.now(UTC))]


def _expired(row: Any, now: datetime) -> bool:
    return row[3] is not None and row[3] <= now


def processed(
    fingerprint: str, entity_id: UUID | None, at: datetime
) -> tuple[str, datetime]:
    """What is remembered of a request or an event, and until when."""
    until = at + timedelta(days=REMEMBERED)
    told = {
        "entity_id": str(entity_id) if entity_id else None,
        "fingerprint": fingerprint,
        "until": int(until.timestamp()),
    }
    return json.dumps(told, sort_keys=True), until
