"""Fields of a row that staff alone may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .entity import Entity
from .errors import ValidationFailed
from .identity import Caller


def staff_sets(
    caller: Caller, before: Entity | None, fields: Mapping[str, Any], *names: str
) -> None:
    """Checks that what is to be written leaves these as they are, unless staff writes
    it (ValidationFailed).
    """
    for name in names:
        old = getattr(before, name, None)
        if not caller.staff and fields.get(name, old) != old:
            raise ValidationFailed(
                f"{name} is set by staff alone", **{name: "is set by staff alone"}
            )
