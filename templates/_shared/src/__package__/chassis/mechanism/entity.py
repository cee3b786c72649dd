"""Entity base: identity, version (for optimistic locking), times.

Plain Python, so that a module's `domain.py` stays plain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from uuid_utils.compat import uuid7

from .errors import PreconditionFailed

Versions = frozenset[int] | None  # that the caller has seen; None: whichever it is


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A row with an identity (UUIDv7: later ids are greater) and a version that rises
    with each change.
    """

    id: UUID = field(default_factory=uuid7)
    version: int = 1
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def evolve(self, /, **changes: Any) -> Self:
        """The same entity, one version on."""
        return replace(self, **changes, version=self.version + 1, updated_at=now())

    def check_version(self, versions: Versions) -> Self:
        """Itself, unless the caller has seen other versions only (PreconditionFailed)."""
        if versions is not None and self.version not in versions:
            raise PreconditionFailed
        return self
