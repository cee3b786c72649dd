"""Computed fields: properties of a row that clients get and cannot set, and that nothing
keeps. Their bodies stand in the modules' `domain.py`.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext
from typing import Any

from pydantic import Field

# digits: more than any expression over fields of 18 has
WIDE = Context(prec=400)


def read_only() -> Any:
    """What the document says of such a field."""
    return Field(json_schema_extra={"readOnly": True})


def exact() -> AbstractContextManager[Context, None]:
    """Decimals within it are rounded nowhere, beyond the 28 digits of Python's own."""
    return localcontext(WIDE)


def fixed(value: Decimal | int, scale: int) -> Decimal:
    """The decimal with so many digits behind the point, half to even."""
    step = Decimal(1).scaleb(-scale)
    return Decimal(value).quantize(step, context=WIDE) + 0  # + 0: no negative zero


def finite(value: float) -> float | None:
    """The double, or None where it is too large to be one."""
    return value + 0.0 if math.isfinite(value) else None
