"""Roles of functions in PostgreSQL: one for each part, which may read and write the rows
of its modules, and nothing else.

They have no password: IAM says who may be one (`rds_iam`, where the server has it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from .sql import Database
from .sql_connection import connected

MAKE = """
DO $$ BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('migrations'));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE "{role}" LOGIN;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
    GRANT rds_iam TO "{role}";
  END IF;
END $$
"""
RIGHTS = (
    'GRANT USAGE ON SCHEMA "{module}" TO "{role}"',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{module}" TO "{role}"',
    'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{module}" TO "{role}"',
)


async def grant(url: str, parts: Mapping[str, Iterable[str]]) -> None:
    """Makes what is not there yet, as the owner of the tables; nothing on SQLite.

    `parts`: with their modules.
    """
    if url.startswith("sqlite"):
        return
    database = Database(url)
    try:
        async with connected(database.module("public"), writing=True) as connection:
            for statement in statements(parts):
                await connection.execute(sa.text(statement))
    finally:
        await database.close()


def statements(parts: Mapping[str, Iterable[str]]) -> Iterable[str]:
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    for role, modules in parts.items():
        yield MAKE.format(role=role)
        for module in modules:
            for right in RIGHTS:
                yield right.format(role=role, module=module)
