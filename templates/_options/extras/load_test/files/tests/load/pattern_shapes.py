"""Values of fields with a pattern, or with examples of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.shapes import Value
from tests.words import spelled


@dataclass(frozen=True, kw_only=True)
class Spelled(Value):
    """`samples`: values as they are; `places`: for each place the characters that may
    stand there.
    """

    samples: Sequence[str] = ()
    places: Sequence[str] = ()

    def value(self, n: int) -> str:
        if self.places and (self.unique or not self.samples):
            return spelled(n, *self.places)
        return self.samples[n % len(self.samples)]

    def _distinct(self) -> int:
        return math.prod(map(len, self.places)) if self.places else len(self.samples)
