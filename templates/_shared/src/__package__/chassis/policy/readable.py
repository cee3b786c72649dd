"""Authorization of rows that come along with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from ..mechanism.identity import Caller
from ..mechanism.several import SeveralRepository
from .access import Access
from .entity import Entity
from .errors import Problem

E = TypeVar("E", bound=Entity)


async def readable(
    repository: SeveralRepository[E],
    access: Access,
    caller: Caller,
    ids: Sequence[UUID],
) -> list[E]:
    """Those of these rows that the caller may read, with one query; of an entity that
    is not for them, none.
    """
    try:
        access.to_list(caller)
    except Problem:
        return []
    found = await repository.several(ids)
    return [row for row in found if access.may_refer(caller, row)]
