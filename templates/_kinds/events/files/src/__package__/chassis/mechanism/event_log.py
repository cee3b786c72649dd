"""Event log, the port: records in partitions, appended for good, read from an offset on
and as often as one likes, kept for a time.

Adapters: `sql_event_log.py`, and that of the broker where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Record:
    """`at`: when it was appended, by the clock of the log."""

    partition: int
    offset: int
    at: datetime
    value: bytes


class EventLog(Protocol):
    async def append(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        """Keys and values; they are safe when it returns (Unavailable: nobody knows).

        What has the same key is read in the order in which it was appended.
        """

    async def read(
        self, positions: Mapping[int, int], limit: int, wait: float
    ) -> list[Record]:
        """About `limit` records from these offsets of partitions on, those of a
        partition in their order.

        It waits `wait` seconds at most for the first.
        """

    async def begins(self) -> Mapping[int, int]:
        """The offset of the first record that each partition still has."""

    async def ends(self) -> Mapping[int, int]:
        """The offset that the next record of each partition gets."""

    async def since(self, moment: datetime) -> Mapping[int, int]:
        """The offset of the first record of each that was appended then or later."""

    async def expire(self, before: datetime) -> int:
        """Deletes what was appended before; gives how much that was."""

    async def close(self) -> None: ...


def partition_of(key: bytes, partitions: int) -> int:
    return crc32(key) % partitions
