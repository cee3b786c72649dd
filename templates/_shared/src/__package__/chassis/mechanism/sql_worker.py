"""Background of functions on SQL: what an outbox has sent to the queue, and, each minute,
what is left in the outboxes and the jobs that are due.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from .background import Job
from .background_function import Worker
from .entity import now
from .errors import Unavailable
from .functions import Event
from .sql import tables
from .sql_connection import connected
from .sql_jobs import Jobs

DUE = "due"  # what the scheduler asks for each minute: not one job, but all that is due


class SqlWorker(Worker):
    def opened(self, message: Any) -> list[tuple[str, bytes]]:
        return [(message["handler"], message["event"].encode())]

    def written(self, message: Any) -> float:
        event = json.loads(message["event"])
        return datetime.fromisoformat(event["time"]).timestamp()

    async def work(self, event: Event, seconds: float) -> None:
        if event["job"] != DUE:
            await super().work(event, seconds)
            return
        if self.part.events is not None:
            await self.part.events.drain(seconds / 2)
        runs = map(self._jobs.once, self.background.jobs.values())
        for failed in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(failed, BaseException) and not isinstance(
                failed, Unavailable
            ):
                raise failed

    async def perform(self, job: Job, event: Event, seconds: float) -> None:
        """Runs a job that was given up once more: it is due now."""
        table = self.job_tables[job.module]
        engine = self.part.database.module(job.module)
        await self._jobs.once(job)  # so that it has a row
        again = table.update().where(table.c.name == job.name)
        async with connected(engine, writing=True) as connection:
            await connection.execute(again.values(due=now(), attempts=0))
        await self._jobs.once(job)

    async def settle(self) -> None:
        if self.part.events is not None:
            await self.part.events.flush()

    @cached_property
    def job_tables(self) -> Mapping[str, sa.Table]:
        modules = {name.partition(".")[0] for name in self.background.jobs}
        return tables(self.background.package, modules, "jobs")

    @cached_property
    def _jobs(self) -> Jobs:
        return _TellingJobs(self)


class _TellingJobs(Jobs):
    """Jobs that become dead letters when they are given up."""

    def __init__(self, worker: SqlWorker) -> None:
        jobs = worker.background.jobs.values()
        super().__init__(worker.part.database, jobs, worker.job_tables)
        self._worker = worker

    async def given_up(self, job: Job, error: Exception) -> None:
        letter = {"job": job.name, "at": now().strftime("%Y-%m-%dT%H:%M:%SZ")}
        await self._worker.bury(json.dumps(letter), error)
