"""Authorization: who may do what.

A service states its rule once (`Access(read="public", write="staff")`) and asks it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID

from ..mechanism.identity import EVERY_SCOPE, Caller
from ..mechanism.persistence import Repository
from .entity import Entity, Owned
from .errors import Forbidden, NotFound, Problem, ValidationFailed

__all__ = ["EVERY_SCOPE", "Access", "Caller", "Level", "ensure_exists", "found_or_404"]

Level = Literal["public", "user", "owner", "staff"]
E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class Access(NamedTuple):
    """`public`: anyone.

    `user`: anyone logged in. `owner`: whoever created the row. Staff may do everything.
    """

    read: Level
    write: Level

    def to_create(self, caller: Caller) -> None:
        _admit(self.write, caller, "write")

    def to_list(self, caller: Caller) -> UUID | None:
        """Whose rows the caller may list; None: everybody's."""
        _admit(self.read, caller, "read")
        if self.read != "owner" or caller.staff:
            return None
        return caller.require_id()

    def to_read(self, caller: Caller, row: E | None) -> E:
        """The row, if the caller may see it; another owner's row is not there for them
        (NotFound).
        """
        _admit(self.read, caller, "read")
        return found_or_404(_visible(self.read, caller, row))

    def to_repeat(self, caller: Caller, row: E, made: E) -> E:
        """What a request that is sent again is answered: the row as it is, for whoever
        may see it.

        Others are shown what they `made`, as the first time, and nothing of what became
        of it since.
        """
        if row.version == 1:
            return row
        try:
            return self.to_read(caller, row)
        except Problem:
            return replace(
                made,
                id=row.id,
                version=1,
                created_at=row.created_at,
                updated_at=row.created_at,
            )

    def to_write(self, caller: Caller, row: E | None) -> E:
        """The row, if the caller may change it."""
        _admit(self.write, caller, "write")
        readable = self.to_read(caller, row)
        return found_or_404(_visible(self.write, caller, readable))

    def may_refer(self, caller: Caller, row: Entity | None) -> bool:
        """Whether the caller's rows may refer to this one: it is there, and not another
        owner's.
        """
        return _visible(self.read, caller, row) is not None


def _admit(level: Level, caller: Caller, scope: str) -> None:
    if scope not in caller.scopes:
        raise Forbidden(f"The token is not good for this: it lacks the scope {scope}")
    if level == "public" or caller.staff:
        return
    caller.require_id()
    if level == "staff":
        raise Forbidden


def found_or_404(found: T | None) -> T:
    if found is None:
        raise NotFound
    return found


def _visible(level: Level, caller: Caller, row: E | None) -> E | None:
    """The row, unless it is another owner's."""
    if row is None or level != "owner" or caller.staff or _owns(caller, row):
        return row
    return None


def _owns(caller: Caller, row: Entity) -> bool:
    return (
        caller.id is not None and isinstance(row, Owned) and row.owner_id == caller.id
    )


async def ensure_exists(
    repository: Repository[Any], access: Access, caller: Caller, /, **field: UUID | None
) -> None:
    """Checks a reference within the module before it is written (ValidationFailed: to
    nothing that the caller knows of).
    """
    for name, entity_id in field.items():
        if entity_id is not None and not access.may_refer(
            caller, await repository.get(entity_id)
        ):
            raise ValidationFailed(
                f"{name} refers to nothing", **{name: "refers to nothing"}
            )
