"""Entity bases: what the entities of all modules have.

Identity, version and times come from `mechanism/entity.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ..mechanism import entity
from ..mechanism.entity import Versions, now

__all__ = ["Entity", "Owned", "Versions", "now"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(entity.Entity):
    """The base of every entity.

    A field here is a column of every table: each module needs a migration for it.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned(Entity):
    """A row that remembers whoever created it; None: somebody who was not logged in."""

    owner_id: UUID | None = None
