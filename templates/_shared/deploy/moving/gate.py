"""Who may write a module's tables: a gate in the schema of each database that has them.

It is a function that a trigger of each table asks before anything is written, and that
refuses until a moment: -infinity where writes are taken, infinity where they are not. A
pause has a moment in between, so that writes are taken again even if nobody is left to
end it. What is refused has the SQLSTATE 57P03, which the app answers with 503 and
Retry-After. Replication goes past it, and reads do not meet it.
"""

from __future__ import annotations

import secrets
import time

from moving.psql import Failed, Session, literal, name

FUNCTION = "refuse_while_moving"
MARKS = "moving_marks"  # rows of it show how far replication has come
OWN = ("alembic_version", MARKS)  # not rows of the module
OPEN, CLOSED = "-infinity", "infinity"
# what stands on the gate: where the rows are on their way from, and to
STAYS, LEAVING, LEFT, ARRIVING, ARRIVED = (
    "stays",
    "leaving",
    "left",
    "arriving",
    "arrived",
)
PATIENCE = "500ms"  # that writes in hand have to end, and others wait meanwhile
ATTEMPTS = 20


def state(session: Session, module: str) -> str:
    """What stands on the gate; `stays` where there are tables without one, and nothing
    where there are none.
    """
    if not tables(session, module):
        return ""
    found = session.ask(
        f"""SELECT obj_description(p.oid, 'pg_proc') FROM pg_proc p
        WHERE p.proname = {literal(FUNCTION)} AND p.pronamespace = {_schema(module)}"""
    )
    return found[0] if found else STAYS


def tables(session: Session, module: str) -> list[str]:
    """Those with rows of the module, by name."""
    own = ", ".join(map(literal, OWN))
    return session.ask(
        f"""SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = {literal(module)} AND relkind IN ('r', 'p') AND relname NOT IN ({own}) ORDER BY relname"""
    )


def make(session: Session, module: str, until: str, says: str) -> None:
    """A gate before each table, which nobody meets who is already writing."""
    patiently(
        session,
        f"BEGIN; SET LOCAL lock_timeout = '{PATIENCE}'; {_function(module, until, says)}; {_triggers(session, module)}; COMMIT",
    )


def pause(session: Session, module: str, seconds: float) -> tuple[str, str]:
    """Refuses writes for so long; gives until when, and a mark after the last of what was
    written before (Failed: writes in hand do not end).

    While it waits for these, writes that come wait too, for as long as a lock may take;
    then it lets them pass, and tries again.
    """
    for attempt in range(ATTEMPTS):
        until, mark = _moment(session, seconds), secrets.token_hex(8)
        try:
            session.ask(
                f"""BEGIN; {_locked(session, module)}; {_function(module, until, LEAVING)};
                INSERT INTO {name(module, MARKS)} VALUES ({literal(mark)}); COMMIT"""
            )
            break
        except Failed as error:
            _wait(attempt, error)
    return until, mark


def close(session: Session, module: str, until: str) -> None:
    """Refuses writes for good (Failed: the pause is over, so somebody may have written)."""
    session.ask(
        f"""BEGIN; {_locked(session, module)};
        DO $$ BEGIN IF clock_timestamp() >= {literal(until)} THEN RAISE EXCEPTION 'the pause is over'; END IF; END $$;
        {_function(module, CLOSED, LEFT)}; COMMIT"""
    )


def open_(session: Session, module: str, says: str) -> None:
    """Takes writes."""
    session.ask(f"BEGIN; {_function(module, OPEN, says)}; COMMIT")


def hide(session: Session, module: str) -> None:
    """Lets the app read nothing, neither: what rows were or are yet to be would have event
    handlers do nothing, where they should.
    """
    _each_role(session, module, "REVOKE SELECT ON ALL TABLES IN SCHEMA %I FROM %s")


def show(session: Session, module: str) -> None:
    """Lets the app read again."""
    _each_role(session, module, "GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %s")


def remove(session: Session, module: str) -> None:
    """The gate and its marks, where writes are taken."""
    drop = "; ".join(
        f"DROP TRIGGER IF EXISTS {FUNCTION} ON {name(module, table)}"
        for table in tables(session, module)
    )
    patiently(
        session,
        f"""BEGIN; SET LOCAL lock_timeout = '{PATIENCE}'; {drop}; DROP FUNCTION IF EXISTS {name(module, FUNCTION)}();
        DROP TABLE IF EXISTS {name(module, MARKS)}; COMMIT""",
    )


def _moment(session: Session, seconds: float) -> str:
    """So many seconds from now, by the clock of that server."""
    return session.ask(f"SELECT clock_timestamp() + interval '{seconds} seconds'")[0]


def _each_role(session: Session, module: str, statement: str) -> None:
    """For whoever writes the tables and does not own them."""
    session.ask(
        f"""DO $$ DECLARE role text; BEGIN FOR role IN
        SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)
        WHERE relnamespace = {_schema(module)} AND relkind IN ('r', 'p') AND privilege_type = 'INSERT' AND grantee <> relowner
        LOOP EXECUTE format({literal(statement)}, {literal(module)}, role); END LOOP; END $$"""
    )


def patiently(session: Session, sql: str) -> None:
    for attempt in range(ATTEMPTS):
        try:
            session.ask(sql)
            return
        except Failed as error:
            _wait(attempt, error)


def _wait(attempt: int, error: Failed) -> None:
    """Until it is tried again; raises what is not for another attempt to mend."""
    if attempt == ATTEMPTS - 1 or not any(
        reason in str(error) for reason in ("lock timeout", "deadlock")
    ):
        raise error
    time.sleep(0.2)


def _schema(module: str) -> str:
    return f"(SELECT oid FROM pg_namespace WHERE nspname = {literal(module)})"


def _locked(session: Session, module: str) -> str:
    """Waits until nobody writes; reads go on."""
    names = ", ".join(name(module, table) for table in tables(session, module))
    return f"SET LOCAL lock_timeout = '{PATIENCE}'; LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"


def _function(module: str, until: str, says: str) -> str:
    refused = literal(f"{module} is being moved to another database")
    return f"""CREATE OR REPLACE FUNCTION {name(module, FUNCTION)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF clock_timestamp() < {literal(until)}::timestamptz THEN RAISE EXCEPTION USING ERRCODE = '57P03', MESSAGE = {refused}; END IF;
        RETURN NULL; END $$;
        COMMENT ON FUNCTION {name(module, FUNCTION)}() IS {literal(says)}"""


def _triggers(session: Session, module: str) -> str:
    return "; ".join(
        f"""CREATE OR REPLACE TRIGGER {FUNCTION} BEFORE INSERT OR UPDATE OR DELETE ON {name(module, table)}
        FOR EACH STATEMENT EXECUTE FUNCTION {name(module, FUNCTION)}()"""
        for table in tables(session, module)
    )
