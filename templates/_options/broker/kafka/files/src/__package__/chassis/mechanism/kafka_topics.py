"""The table of names in Kafka: topics and consumer groups.

A topic for each module that publishes, so that all its events about an entity are in
one order. A group for each module that handles, wherever it runs; what it failed at has
topics of its own: one for each delay, and one for the dead letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# seconds that an event waits between attempts: after the last it is a dead letter
DELAYS = (1.0, 10.0, 60.0)


@dataclass(frozen=True)
class Topics:
    """`system`: what all names begin with."""

    system: str

    def events(self, module: str) -> str:
        return f"{self.system}.{module}"

    def retries(self, module: str) -> list[str]:
        numbers = range(1, len(DELAYS) + 1)
        return [f"{self.system}.{module}.retry-{number}" for number in numbers]

    def dead(self, module: str) -> str:
        return f"{self.system}.{module}.dead"

    def group(self, module: str) -> str:
        return f"{self.system}.{module}"

    def replayed(self, module: str) -> str:
        """The group that says how far the dead letters were replayed."""
        return f"{self.system}.{module}.replayed"

    def of_handling(self, module: str, publishers: Iterable[str]) -> list[str]:
        """All that a module's consumer reads, by how often an event was tried."""
        return [*map(self.events, sorted(publishers)), *self.retries(module)]
