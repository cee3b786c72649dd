"""Dropping what modules had that are there no more: their tables, and all rows in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from ...chassis.mechanism.sql import Database


async def drop(database: Database, modules: Iterable[str]) -> None:
    """Drops the schema of each of these modules, on SQLite its file, where it is still
    there.
    """
    for module in modules:
        engine = database.module(module)
        if engine.dialect.name == "postgresql":
            async with engine.connect() as connection:
                await connection.execute(
                    sa.text(f'DROP SCHEMA IF EXISTS "{module}" CASCADE')
                )
                await connection.commit()
            continue
        await engine.dispose()
        _delete_file(f"{engine.url.database}")


def _delete_file(path: str) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(path + ending).unlink(missing_ok=True)
