"""Scheduled jobs on SQL, with a lease: of all copies one runs a job; a run that fails
is retried with backoff, then given up.

A job's row says when it is due. Whoever moves that moment ahead, from the one that it
saw, has the lease, and renews it by moving it on while it works. Nothing is locked
meanwhile, so it works through a transaction pooler, and the lease of a copy that died
expires by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from .background import Job
from .entity import now
from .errors import Problem, Refused, Unavailable
from .sql import Database
from .sql_connection import connected

log = logging.getLogger(__name__)
T = TypeVar("T")
LEASE = timedelta(seconds=60)  # a copy that died gives its job back after this
# seconds between looks at most: another copy, or a replay, may have moved the moment
LOOK = 30.0
MAX_BACKOFF = timedelta(minutes=5)  # between attempts


class Jobs:
    def __init__(
        self, database: Database, jobs: Iterable[Job], tables: Mapping[str, sa.Table]
    ) -> None:
        """`tables`: by module."""
        self._database = database
        self._jobs = list(jobs)
        self._tables = tables
        self._runs: Counter[tuple[str, str]] = Counter()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(self._follow(job))

    async def metrics(self) -> dict[str, float]:
        """How many runs of each job ended well here, failed, and were given up."""
        return {
            f'job_runs_total{{job="{job}",end="{end}"}}': count
            for (job, end), count in self._runs.items()
        }

    async def given_up(self, job: Job, error: Exception) -> None:
        """A run that failed for good; its row says so, and whoever must hear of it
        overrides this.
        """

    async def _follow(self, job: Job) -> None:
        while True:
            try:
                due = await self.once(job)
            except Problem as error:
                log.warning("when %s is due cannot be seen: %s", job.name, error)
                due = now() + timedelta(seconds=LOOK)
            delay = (due - now()).total_seconds()
            await asyncio.sleep(min(LOOK, max(0.0, delay)))

    async def once(self, job: Job) -> datetime:
        """Runs the job if it is due and no other copy has it; gives when it is due
        next.
        """
        row = await _uninterrupted(self._row(job))
        due: datetime = row["due"]
        attempts: int = row["attempts"]
        if due > now():
            return due
        engine = self._database.module(job.module)
        lease = _Lease(engine, self._tables[job.module], job.name, due)
        if not await lease.move(now() + LEASE, attempts=attempts + 1):
            return now() + timedelta(seconds=1)  # another copy was first
        try:
            if attempts >= job.attempts:
                raise Refused("no copy lived to its end")
            await lease.hold(job)
        except asyncio.CancelledError:  # graceful shutdown: another copy begins anew
            await lease.move(now(), attempts=attempts)
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one job, the others go on
            return await self._failed(job, lease, attempts + 1, error)
        self._runs[job.name, "done"] += 1
        due = job.after(now())
        await lease.move(due, attempts=0, failed=None, error=None)
        return due

    async def _failed(
        self, job: Job, lease: _Lease, attempts: int, error: Exception
    ) -> datetime:
        if attempts >= job.attempts or isinstance(error, Refused):
            log.error("%s failed", job.name, exc_info=error)
            self._runs[job.name, "dead"] += 1
            due = job.after(now())
            await lease.move(due, attempts=0, failed=now(), error=repr(error))
            await self.given_up(job, error)
        else:
            log.warning("%s failed", job.name, exc_info=error)
            self._runs[job.name, "failed"] += 1
            due = now() + min(timedelta(seconds=5) * 2**attempts, MAX_BACKOFF)
            await lease.move(due, error=repr(error))
        return due

    async def _row(self, job: Job) -> sa.RowMapping:
        table = self._tables[job.module]
        engine = self._database.module(job.module)
        query = sa.select(table).where(table.c.name == job.name)
        async with connected(engine) as connection:
            found = await connection.execute(query)
        row = found.mappings().first()
        if row is not None:
            return row
        new = table.insert().values(name=job.name, due=job.after(now()), attempts=0)
        with suppress(IntegrityError):  # another copy was first
            async with connected(engine, writing=True) as connection:
                await connection.execute(new)
        return await self._row(job)


async def _uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Waits for it to its end, even if this copy is stopped meanwhile: what is cut off
    leaves its connection behind.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class _Lease:
    """A job that is this copy's until `due`."""

    def __init__(
        self, engine: AsyncEngine, table: sa.Table, name: str, due: datetime
    ) -> None:
        self._engine = engine
        self._table = table
        self._name = name
        self._due = due

    async def move(self, due: datetime, **values: Any) -> bool:
        """Moves the moment, if nobody else has."""
        return await _uninterrupted(self._move(due, values))

    async def _move(self, due: datetime, values: Mapping[str, Any]) -> bool:
        columns = self._table.c
        mine = sa.and_(columns.name == self._name, columns.due == self._due)
        move = self._table.update().where(mine).values(due=due, **values)
        async with connected(self._engine, writing=True) as connection:
            moved = await connection.execute(move)
        if moved.rowcount == 0:
            return False
        self._due = due
        return True

    async def hold(self, job: Job) -> None:
        """Runs the job, and lets nobody else have it meanwhile (TimeoutError: somebody
        has).
        """
        working = asyncio.ensure_future(job.work())
        try:
            while not working.done():
                await asyncio.wait([working], timeout=LEASE.total_seconds() / 3)
                if not working.done():
                    await self._renew()
            await working
        finally:
            working.cancel()

    async def _renew(self) -> None:
        with suppress(Unavailable):
            if not await self.move(now() + LEASE):
                raise TimeoutError(f"another copy has {self._name}")
        if self._due < now():
            raise TimeoutError(f"{self._name} could not be kept: the database was away")
