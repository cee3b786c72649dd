"""Values of strings that have a least length."""

from __future__ import annotations

from dataclasses import dataclass

from tests.load.shapes import Prose, Words


@dataclass(frozen=True, kw_only=True)
class LongWords(Words):
    shortest: int

    def value(self, n: int) -> str:
        return super().value(n).ljust(self.shortest, ".")


@dataclass(frozen=True, kw_only=True)
class LongProse(Prose):
    shortest: int

    def value(self, n: int) -> str:
        return super().value(n).ljust(self.shortest, ".")
