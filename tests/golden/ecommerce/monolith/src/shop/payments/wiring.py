"""How the module payments is put together: what its service is made from (docs/guide.md)."""

from __future__ import annotations

from shop.chassis.mechanism.context import PartContext

from .repository import PaymentsUnitOfWork
from .service import PaymentsService


def service(part: PartContext) -> PaymentsService:
    return PaymentsService(part.units(PaymentsUnitOfWork))
