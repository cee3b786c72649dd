"""How the module payments is put together: what it is made from, and what it has for the background (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext

from .event_handlers import PaymentsEventHandlers
from .provider import SandboxProvider
from .repository import PaymentsUnitOfWork
from .service import PaymentsService


def service(part: PartContext) -> PaymentsService:
    return PaymentsService(part.units(PaymentsUnitOfWork))


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(PaymentsUnitOfWork),
        PaymentsEventHandlers(part.units(PaymentsUnitOfWork), SandboxProvider()),
    ]
