"""Values of fields that are doubles."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.load.shapes import Value

PARTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Measure(Value):
    least: float | None = None
    most: float | None = None

    def value(self, n: int) -> float:
        least, most = self._range()
        part = (n if self.unique else n * 7919) % PARTS / PARTS
        return min(most, least * (1 - part) + most * part)

    def _distinct(self) -> int:
        least, most = self._range()
        return PARTS if (most / 2 - least / 2) / PARTS > 4 * self._ulp() else 1

    def _ulp(self) -> float:
        return max(map(math.ulp, self._range()))

    def _range(self) -> tuple[float, float]:
        """As declared, or near to nought as far as that goes."""
        least, most = self.least, self.most
        if least is None:
            least = 0.0 if most is None or most > 0 else most * 2 - 1000
        if most is None:
            most = least + max(1000.0, abs(least))
        return max(least, -1.7e308), min(most, 1.7e308)
