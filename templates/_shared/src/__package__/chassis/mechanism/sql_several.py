"""Rows by their ids on SQL, many with one SELECT."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from .entity import Entity
from .persistence import MAX_PAGE_BYTES, Listing
from .several import BatchedRepository, too_much
from .sql_connection import connected
from .sql_unit_of_work import SqlRepository, _fitting

E = TypeVar("E", bound=Entity)


class SeveralSqlRepository(BatchedRepository[E], SqlRepository[E]):
    async def load_several(self, ids: Collection[UUID]) -> Mapping[UUID, E]:
        """Where rows may be large, the database leaves out what is too much; which of
        the others are there, a second query tells.
        """
        key = self._table.c.id
        asked = sa.select(self._table).where(key.in_(ids)).order_by(key.desc())
        statement = _fitting(asked, self._table, Listing())
        found = {row.id: row for row in await self.rows(statement)}
        missing = [entity_id for entity_id in ids if entity_id not in found]
        if missing and statement is not asked and await self._some(missing):
            raise too_much(f"these rows have more than {MAX_PAGE_BYTES} bytes")
        return found

    async def _some(self, ids: Collection[UUID]) -> bool:
        """Whether one of these is there."""
        statement = sa.select(self._table.c.id).where(self._table.c.id.in_(ids))
        async with connected(self._engine) as connection:
            return await connection.scalar(statement.limit(1)) is not None
