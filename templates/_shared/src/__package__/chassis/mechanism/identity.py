"""Identity: who sent a request, as their token says.

What they may do is policy's (`policy/access.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from .errors import Unauthenticated

EVERY_SCOPE = ("read", "write")  # what a token may be good for


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent the request; without an id, nobody that we know."""

    id: UUID | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset(EVERY_SCOPE)

    @property
    def staff(self) -> bool:
        return "staff" in self.roles

    def require_id(self) -> UUID:
        """The caller's id (Unauthenticated without one)."""
        if self.id is None:
            raise Unauthenticated
        return self.id
