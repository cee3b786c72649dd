"""Cascades: rows that go, or change, in the transaction in which a row that they refer to
is deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar
from uuid import UUID

from .entity import Entity
from .errors import Conflict
from .paging import every
from .persistence import Repository

E = TypeVar("E", bound=Entity)


class Cascade:
    """One deletion, with what it takes along: `most` rows, which is what a transaction
    can write.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    async def rows(
        self, repository: Repository[E], field: str, target: UUID
    ) -> AsyncIterator[E]:
        """The rows that refer to this one, as the unit has them now (Conflict: they are
        too many).
        """
        async for listed in every(repository, **{field: target}):
            row = await repository.get(listed.id)
            if row is None or getattr(row, field) != target:
                continue
            self._taken += 1
            if self._taken > self._most:
                raise Conflict(
                    f"More than {self._most} rows would go or change with it: delete some of them first"
                )
            yield row
