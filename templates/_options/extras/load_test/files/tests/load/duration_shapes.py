"""Values of fields that are durations."""

from __future__ import annotations

from dataclasses import dataclass

from tests.load.shapes import Value


@dataclass(frozen=True, kw_only=True)
class Span(Value):
    def value(self, n: int) -> str:
        return f"P{n // 1440}DT{n % 1440}M"

    def _distinct(self) -> int:
        return 10_000_000
