"""What travels in Kafka beside an event that failed."""

from __future__ import annotations

from typing import Any, NamedTuple


class Headers(NamedTuple):
    """For which handler (empty: nobody knew it), how often and why, and when it is due."""

    handler: str = ""
    attempts: str = "0"
    error: str = ""
    due: str = "0"
    partition: str = "0"

    @classmethod
    def of(cls, message: Any) -> Headers:
        found = {name: value.decode() for name, value in message.headers}
        return cls(**{name: found[name] for name in cls._fields if name in found})
