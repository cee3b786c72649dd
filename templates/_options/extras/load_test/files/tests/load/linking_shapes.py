"""Entities whose rows refer to several others, one at least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.load.shapes import Entity


@dataclass(frozen=True)
class Linking(Entity):
    several: Sequence[str] = ()  # references that are lists of ids

    def row(self, n: int, targets: dict[str, list[str]]) -> dict[str, Any] | None:
        row = super().row(n, targets)
        if row is not None:
            row |= {name: [row[name]] for name in self.several}
        return row
