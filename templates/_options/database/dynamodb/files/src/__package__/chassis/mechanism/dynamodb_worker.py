"""Background of functions on DynamoDB: what a table's stream has carried to the queue,
and jobs that the scheduler calls one by one.
"""

from __future__ import annotations

from typing import Any

from .background import Job
from .background_function import Worker
from .dynamodb_jobs import once
from .functions import Event


class DynamoWorker(Worker):
    def opened(self, message: Any) -> list[tuple[str, bytes]]:
        """What a new row of an outbox says."""
        row = message["dynamodb"]["NewImage"]
        return [(row["handler"]["S"], row["body"]["S"].encode())]

    def written(self, message: Any) -> float:
        # the stream tells whole seconds
        return float(message["dynamodb"]["ApproximateCreationDateTime"])

    async def perform(self, job: Job, event: Event, seconds: float) -> None:
        table = self.part.database.module(job.module)
        await once(table, job, event["at"], seconds)

    async def settle(self) -> None:
        """Nothing: the stream carries what was written."""
