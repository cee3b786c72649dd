"""Referential integrity across modules: references to their rows are checked before
they are written.

A composition root offers the checks of the modules that run in its part. What none is
offered for, a row of a module that runs elsewhere, is not checked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from .errors import ValidationFailed
from .identity import Caller

Check = Callable[[Caller, UUID], Awaitable[bool]]


class References:
    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def offer(self, entity: str, check: Check) -> None:
        """How to tell whether a caller's rows may refer to this row of an entity
        (`module.entity`).
        """
        self._checks[entity] = check

    async def check(self, caller: Caller, entity: str, /, **field: UUID | None) -> None:
        """ValidationFailed: to nothing that the caller knows of."""
        check = self._checks.get(entity)
        for name, entity_id in field.items():
            if (
                check is not None
                and entity_id is not None
                and not await check(caller, entity_id)
            ):
                raise ValidationFailed(
                    f"{name} refers to nothing", **{name: "refers to nothing"}
                )
