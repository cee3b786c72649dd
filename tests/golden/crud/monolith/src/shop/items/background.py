"""What the module items has for the background: what handles events or runs on schedule (docs/guide.md)."""

from __future__ import annotations

from collections.abc import Iterable

from shop.chassis.mechanism.context import PartContext

from .repository import ItemsUnitOfWork


def background(part: PartContext) -> Iterable[object]:
    """Objects whose methods handle events or run on schedule."""
    return [
        *part.database.maintenance(ItemsUnitOfWork),
    ]
