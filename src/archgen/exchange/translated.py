"""What becomes of a domain from elsewhere: the answers, their comments, and a word on
all that is not the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from archgen.exchange.model import Note, Place

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Renamed:
    """`because` is None where a name is its own in lower-case words."""

    place: Place
    was: str
    name: str
    because: str | None


@dataclass(slots=True)
class Translated:
    """The answers, the comments that go with their keys, and what became of all that
    was said.
    """

    document: dict[str, Any] = field(default_factory=dict)
    comments: dict[Path, list[str]] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    renamed: list[Renamed] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    @property
    def head(self) -> list[str]:
        """What stands above the answers file."""
        files = dict.fromkeys(place.file for place in self.places.values())
        return [
            f"Made from {', '.join(files)} by archgen import; FILE:LINE says where an entity was declared."
        ]
