"""A module's rows in another database: by PostgreSQL's own logical replication while
writes go on, and, while they pause, the little that must not be there before.

That is the outbox and the jobs, which the new part would begin to work on, and where
sequences stand. Whatever is made here is made once, however often it is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from moving import gate
from moving.psql import Session, literal, name

LAST = ("jobs", "outbox")  # whoever has rows of these works on them
LOOK = 0.02  # seconds between looks


class Different(Exception):
    """The databases do not have the same of a module; it says what."""


def publish(old: Session, module: str) -> None:
    """What the old database gives away, from now on."""
    marks, publication, slot = (
        name(module, gate.MARKS),
        name(_called(module)),
        literal(_called(module)),
    )
    old.ask(f"CREATE TABLE IF NOT EXISTS {marks} (mark text PRIMARY KEY)")
    if not published(old, module):
        given = [table for table in gate.tables(old, module) if table not in LAST]
        for table in given:
            if not old.ask(
                f"SELECT 1 FROM pg_index WHERE indrelid = {_oid(module, table)} AND indisprimary"
            ):
                old.ask(f"ALTER TABLE {name(module, table)} REPLICA IDENTITY FULL")
        tables = ", ".join(name(module, table) for table in (*given, gate.MARKS))
        old.ask(f"CREATE PUBLICATION {publication} FOR TABLE {tables}")
    old.ask(
        f"""SELECT pg_create_logical_replication_slot({slot}, 'pgoutput')
        WHERE NOT EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = {slot} AND database = current_database())"""
    )


def published(old: Session, module: str) -> bool:
    called = literal(_called(module))
    return bool(old.ask(f"SELECT 1 FROM pg_publication WHERE pubname = {called}"))


def subscribe(new: Session, module: str, source: str) -> None:
    """Takes what the old database gives away; `source`: where that is, as libpq has it.

    What it takes is on disk before the old one is told: a database that falls after that
    would otherwise ask for a slot that was given back when a table had been copied.
    """
    new.ask(
        f"CREATE TABLE IF NOT EXISTS {name(module, gate.MARKS)} (mark text PRIMARY KEY)"
    )
    if subscribed(new, module):
        return
    empty(new, module)
    new.ask(
        f"""CREATE SUBSCRIPTION {name(_called(module))} CONNECTION {literal(source)} PUBLICATION {name(_called(module))}
        WITH (create_slot = false, slot_name = {literal(_called(module))}, synchronous_commit = on)"""
    )


def subscribed(new: Session, module: str) -> bool:
    found = new.ask(
        f"""SELECT 1 FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
        WHERE subname = {literal(_called(module))} AND datname = current_database()"""
    )
    return len(found) > 0


def empty(session: Session, module: str) -> None:
    tables = ", ".join(
        name(module, table) for table in (*gate.tables(session, module), gate.MARKS)
    )
    session.ask(
        f"BEGIN; SET LOCAL session_replication_role = replica; TRUNCATE {tables}; COMMIT"
    )


def waiting(new: Session, module: str) -> list[str]:
    """The tables whose rows from before are still on their way."""
    return new.ask(
        f"""SELECT srrelid::regclass FROM pg_subscription_rel JOIN pg_subscription s ON s.oid = srsubid
        WHERE subname = {literal(_called(module))} AND srsubstate <> 'r' ORDER BY 1"""
    )


def mark(old: Session, module: str) -> str:
    """A mark after all that is written there by now."""
    made = old.ask(
        f"INSERT INTO {name(module, gate.MARKS)} VALUES (gen_random_uuid()) RETURNING mark"
    )
    return made[0]


def arrived(new: Session, module: str, mark: str, seconds: float) -> bool:
    """Whether the mark comes, and so all that was committed before it."""
    end = time.monotonic() + seconds
    while not new.ask(
        f"SELECT 1 FROM {name(module, gate.MARKS)} WHERE mark = {literal(mark)}"
    ):
        if time.monotonic() > end:
            return False
        time.sleep(LOOK)
    return True


def unsubscribe(new: Session, module: str) -> None:
    """Takes no more; the old database keeps its slot (`unpublish`)."""
    if subscribed(new, module):
        subscription = name(_called(module))
        new.ask(f"ALTER SUBSCRIPTION {subscription} DISABLE")
        new.ask(f"ALTER SUBSCRIPTION {subscription} SET (slot_name = NONE)")
        new.ask(f"DROP SUBSCRIPTION {subscription}")


def unpublish(old: Session, module: str, seconds: float = 30) -> None:
    """Gives nothing away any more (Failed: somebody still takes)."""
    slot = literal(_called(module))
    end = time.monotonic() + seconds
    while (
        old.ask(
            f"SELECT 1 FROM pg_replication_slots WHERE slot_name = {slot} AND active"
        )
        and time.monotonic() < end
    ):
        time.sleep(0.1)
    old.ask(
        f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {slot}"
    )
    old.ask(f"DROP PUBLICATION IF EXISTS {name(_called(module))}")


def carry(old: Session, new: Session, module: str) -> None:
    """What was left for the pause: outbox, jobs, sequences."""
    there = gate.tables(old, module)
    for table in LAST:
        if table in there:
            columns = ", ".join(map(name, _columns(old, module)[table]))
            (rows,) = old.ask(
                f"SELECT coalesce(jsonb_agg(t)::text, '[]') FROM (SELECT {columns} FROM {name(module, table)}) t"
            )
            new.ask(
                f"""BEGIN; SET LOCAL session_replication_role = replica; TRUNCATE {name(module, table)};
                INSERT INTO {name(module, table)} ({columns}) OVERRIDING SYSTEM VALUE
                SELECT {columns} FROM jsonb_populate_recordset(NULL::{name(module, table)}, {literal(rows)}); COMMIT"""
            )
    for sequence, last, called in _sequences(old, module):
        new.ask(f"SELECT setval({literal(name(module, sequence))}, {last}, {called})")


def compare(old: Session, new: Session, module: str) -> int:
    """How many rows both have, to the bit the same (Different)."""
    both = []
    queries = [_sums(session, module) for session in (old, new)]
    if queries[0] != queries[1]:
        raise Different(f"the tables of {module} are not the same in both databases")
    for session, query in zip((old, new), queries, strict=True):
        session.start(query)  # both at once
    for session in (old, new):
        both.append(session.answer())
    for there, here in zip(*both, strict=True):
        if there != here:
            table = there.partition("|")[0]
            raise Different(
                f"{module}.{table} has {_told(there)} in the old database, and {_told(here)} in the new one"
            )
    if list(_sequences(old, module)) != list(_sequences(new, module)):
        raise Different(f"the sequences of {module} stand elsewhere")
    return sum(int(line.split("|")[1]) for line in both[0])


def compare_forms(old: Session, new: Session, module: str) -> None:
    """That both have the same tables, by the same migrations (Different)."""
    version = f"SELECT version_num FROM {name(module, 'alembic_version')}"
    before, after = old.ask(version), new.ask(version)
    if before != after:
        raise Different(
            f"the tables of {module} are of migration {before} in the old database, and of {after} in the new one: "
            "bring the old one up to date first, with the version that runs there"
        )
    if _columns(old, module) != _columns(new, module):
        raise Different(
            f"the tables of {module} have other columns in the old database than in the new one"
        )


def holds(session: Session, module: str) -> list[str]:
    """The tables that have rows."""
    found = []
    for table in gate.tables(session, module):
        if session.ask(f"SELECT 1 FROM {name(module, table)} LIMIT 1"):
            found.append(table)
    return found


def _called(module: str) -> str:
    """The publication, its slot and the subscription."""
    return f"move_{module}"


def _oid(module: str, relation: str) -> str:
    return f"{literal(name(module, relation))}::regclass"


def _columns(session: Session, module: str) -> dict[str, list[str]]:
    """By table, in an order of their names."""
    found: dict[str, list[str]] = {}
    for line in session.ask(
        f"""SELECT relname, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = {literal(module)} AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY relname, attname"""
    ):
        table, column = line.split("|")
        if table not in gate.OWN:
            found.setdefault(table, []).append(column)
    return found


def _sums(session: Session, module: str) -> str:
    """How many rows each table has, and a sum of what each of them hashes to."""
    return (
        " UNION ALL ".join(
            f"""SELECT {literal(table)}, count(*), coalesce(sum(hashtextextended(ROW({", ".join(map(name, columns))})::text, 0)), 0)
        FROM {name(module, table)}"""
            for table, columns in _columns(session, module).items()
        )
        + " ORDER BY 1"
    )


def _told(line: str) -> str:
    _, count, checksum = line.split("|")
    return f"{count} rows of checksum {checksum}"


def _sequences(session: Session, module: str) -> Iterator[tuple[str, str, str]]:
    """The name of each, the last value, and whether that was given away."""
    for sequence in session.ask(
        f"SELECT sequencename FROM pg_sequences WHERE schemaname = {literal(module)} ORDER BY 1"
    ):
        last, called = session.ask(
            f"SELECT last_value, is_called FROM {name(module, sequence)}"
        )[0].split("|")
        yield sequence, last, "true" if called == "t" else "false"
