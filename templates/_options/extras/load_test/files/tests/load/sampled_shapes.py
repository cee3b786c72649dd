"""Values of fields that are made of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.load.shapes import Value


@dataclass(frozen=True, kw_only=True)
class Sampled(Value):
    samples: Sequence[Any]

    def value(self, n: int) -> Any:
        return self.samples[n % len(self.samples)]
