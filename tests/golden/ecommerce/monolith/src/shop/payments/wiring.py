"""How the module payments is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.part import Part

from .provider import SandboxProvider
from .reactions import PaymentsReactions
from .repository import PaymentsUnit
from .service import PaymentsService


def service(part: Part) -> PaymentsService:
    return PaymentsService(part.units(PaymentsUnit))


def background(part: Part) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.upkeep(PaymentsUnit),
        PaymentsReactions(part.units(PaymentsUnit), SandboxProvider()),
    ]
