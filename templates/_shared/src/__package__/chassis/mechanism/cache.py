"""Cache-aside by entity.

An entry carries its entity's version and never gives way to an older one.

So a reader that loaded a row just before it was changed cannot put the old row back. A
deleted row leaves an empty entry behind, for the same reason. A cache of several
processes holds the same promise.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import Any

from .single_flight import SingleFlight

TTL = 60.0  # seconds


def lifetime() -> float:
    """Seconds that an entry stays: not all alike, so that what came together does not
    expire together.
    """
    return TTL * random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains by guessing it


def keep_newer(
    entries: dict[str, tuple[int, bytes]], key: str, version: int, value: bytes
) -> None:
    """Of two versions that wait to be put the newer is, whichever came last."""
    if key not in entries or entries[key][0] < version:
        entries[key] = (version, value)


class Cache(ABC):
    def __init__(self) -> None:
        self.flights: SingleFlight[str, Any] = SingleFlight()
        self.hits = 0
        self.misses = 0

    @abstractmethod
    async def get(self, key: str) -> bytes | None:
        """What is known of the key: a document, b"" (it was deleted), or None (nothing
        is known).
        """

    @abstractmethod
    async def put(self, key: str, version: int, value: bytes) -> None:
        """Keep the value, unless a newer version is there."""

    async def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Gives back what it holds."""
