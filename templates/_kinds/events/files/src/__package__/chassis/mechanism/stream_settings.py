"""Settings of the event log: where it is, how wide, and for how long it keeps what it
has.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from .settings import CoreSettings


class StreamSettings(CoreSettings):
    # of the database that has the log, where there is no broker; empty: this part's own
    event_log_url: str = ""
    # how many consumers share the work at most; more may come, fewer never
    event_log_partitions: Annotated[int, Field(ge=1, le=1000)] = 8
    event_log_retention_hours: Annotated[int, Field(ge=1)] = 168
    # of request bodies in hand at once, in bytes; beyond it clients are told to wait
    ingest_bytes: Annotated[int, Field(ge=1_048_576)] = 8_388_608

    @property
    def event_log_retention(self) -> timedelta:
        return timedelta(hours=self.event_log_retention_hours)
