"""What happens behind the requests: nothing is lost, nothing holds up the rest, and
what has had its day is deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from shop.accounts.domain import Account, Session
from shop.accounts.events import LinkRequested
from shop.accounts.repository import AccountsUnitOfWork
from shop.accounts.throttle import Throttle
from shop.apps.alembic.migrate import upgrade
from shop.apps.dead_letters import dead, replay
from shop.chassis.mechanism.background import Job
from shop.chassis.mechanism.group_commit import GroupCommitDatabase
from shop.chassis.mechanism.memory_cache import MemoryCache
from shop.chassis.mechanism.outbox import ATTEMPTS, Relay
from shop.chassis.mechanism.retention import Retention
from shop.chassis.mechanism.sql import Database, tables
from shop.chassis.mechanism.sql_connection import connected
from shop.chassis.mechanism.sql_jobs import Jobs
from shop.chassis.mechanism.supervisor import Supervisor
from shop.chassis.policy.entity import now
from shop.chassis.policy.errors import (
    Conflict,
    Failing,
    Refused,
    TooManyRequests,
    Unavailable,
)

Story = Callable[[Database], Awaitable[None]]
DUE = (
    sa.update(AccountsUnitOfWork.outbox)
    .where(AccountsUnitOfWork.outbox.c.due.is_not(None))
    .values(due=now())
)
HOUR = timedelta(hours=1)


class Handlers:
    """Two that want every event: `first` meets the errors that it is given, one at each
    call, and `second` nothing.
    """

    def __init__(self, *errors: BaseException | None) -> None:
        self._errors = list(errors)
        self.handled: list[tuple[str, bytes]] = []

    def targets(self, kind: str) -> Iterable[str]:
        return ["first", "second"]

    async def deliver(self, handler: str, body: bytes) -> None:
        if handler == "first" and self._errors and (error := self._errors.pop(0)):
            raise error
        self.handled.append((handler, body))

    @property
    def names(self) -> list[str]:
        return sorted(name for name, _ in self.handled)


@pytest.fixture
def told(tmp_path: Path) -> Callable[[Story], None]:
    """Runs a story on a database of its own."""

    async def run(story: Story) -> None:
        database = GroupCommitDatabase(f"sqlite+aiosqlite:///{tmp_path}")
        await upgrade(database, ["accounts"])
        try:
            await story(database)
        finally:
            await database.close()

    return lambda story: asyncio.run(run(story))


def relay_of(database: Database, handlers: Handlers) -> Relay:
    return Relay(database, handlers, tables("shop", ["accounts"], "outbox"))


async def asked(database: Database, relay: Relay, email: str = "a@example.com") -> None:
    """An event that is to be delivered."""
    unit = AccountsUnitOfWork(database, MemoryCache(), relay)
    unit.publish(LinkRequested(email=email, purpose="verify-email"))
    await unit.commit()


async def passes(database: Database, relay: Relay, times: int) -> None:
    """So many rounds of the relay, with everything due."""
    for _ in range(times):
        async with connected(database.module("accounts"), writing=True) as connection:
            await connection.execute(DUE)
        await relay.relay_once("accounts")


async def depth(relay: Relay) -> list[float]:
    """How many deliveries wait, and how many are dead."""
    return list((await relay.metrics()).values())


def test_a_handler_that_fails_keeps_no_other_from_the_event_nor_has_it_run_twice(
    told: Callable[[Story], None],
) -> None:
    async def story(database: Database) -> None:
        handlers = Handlers(ValueError("not now"))
        relay = relay_of(database, handlers)
        await asked(database, relay)
        await passes(database, relay, 1)
        assert handlers.names == ["second"]
        await passes(database, relay, 2)
        assert handlers.names == ["first", "second"]
        assert await depth(relay) == [0, 0]

    told(story)


def test_a_poison_event_dies_for_its_handler_alone_and_can_be_replayed(
    told: Callable[[Story], None],
) -> None:
    async def story(database: Database) -> None:
        handlers = Handlers(*[ValueError("cannot be handled")] * ATTEMPTS)
        relay = relay_of(database, handlers)
        await asked(database, relay)
        await passes(database, relay, ATTEMPTS)
        assert handlers.names == ["second"] and await depth(relay) == [0, 1]
        (letter,) = await dead(database, ["accounts"])
        assert "to first" in letter and "cannot be handled" in letter
        await replay(database, ["accounts"])
        assert await relay.relay_once("accounts") == 1
        assert handlers.names == ["first", "second"] and await depth(relay) == [0, 0]

    told(story)


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (Refused("no such address"), 1),
        (Failing("500"), ATTEMPTS),
        (ValueError(), ATTEMPTS),
    ],
)
def test_what_is_refused_for_good_is_a_dead_letter_at_once(
    told: Callable[[Story], None], error: Exception, attempts: int
) -> None:
    async def story(database: Database) -> None:
        relay = relay_of(database, Handlers(*[error] * ATTEMPTS))
        await asked(database, relay)
        await passes(database, relay, attempts - 1)
        assert (await depth(relay))[1] == 0
        await passes(database, relay, 1)
        assert await depth(relay) == [0, 1]

    told(story)


def test_an_event_outlives_a_relay_that_dies_and_a_receiver_that_is_away(
    told: Callable[[Story], None],
) -> None:
    async def story(database: Database) -> None:
        relay = relay_of(database, Handlers(*[Unavailable("away")] * 2 * ATTEMPTS))
        await asked(database, relay)
        # whoever is away comes back: such an event does not die
        await passes(database, relay, 2 * ATTEMPTS)
        killed = relay_of(database, Handlers(asyncio.CancelledError()))
        with pytest.raises(asyncio.CancelledError):
            await passes(database, killed, 1)
        another = Handlers()
        await passes(database, relay_of(database, another), 1)  # its lease is over
        assert another.names == ["first"]

    told(story)


def test_a_receiver_that_does_not_answer_holds_up_no_other(
    told: Callable[[Story], None],
) -> None:
    class Stuck(Handlers):
        def __init__(self) -> None:
            super().__init__()
            self.answers = asyncio.Event()
            self.heard = asyncio.Semaphore(0)

        async def deliver(self, handler: str, body: bytes) -> None:
            if handler == "first":
                await self.answers.wait()
            await super().deliver(handler, body)
            self.heard.release()

    async def story(database: Database) -> None:
        handlers = Stuck()
        relay = relay_of(database, handlers)
        running = asyncio.ensure_future(relay.run())
        for _ in range(40):  # more than one batch
            await asked(database, relay)
        async with asyncio.timeout(30):
            for _ in range(40):
                await handlers.heard.acquire()
            assert set(handlers.names) == {"second"}
            handlers.answers.set()
            for _ in range(40):
                await handlers.heard.acquire()
        running.cancel()  # what is in hand is finished first
        await asyncio.gather(running, return_exceptions=True)
        assert await depth(relay) == [0, 0]

    told(story)


def test_what_nobody_handles_cannot_be_published(told: Callable[[Story], None]) -> None:
    class Nobody(Handlers):
        def targets(self, kind: str) -> Iterable[str]:
            return ()

    async def story(database: Database) -> None:
        with pytest.raises(LookupError, match=r"accounts\.link\.requested"):
            await asked(database, relay_of(database, Nobody()))

    told(story)


def test_a_task_that_raises_is_counted_begun_again_and_seen_by_readiness(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun: list[int] = []
    seen: list[str] = []

    async def main() -> None:
        ended = asyncio.Event()

        async def fails() -> None:
            begun.append(1)
            if len(begun) == 1:
                raise ValueError("a defect")
            ended.set()

        supervisor = Supervisor({"task": fails}, pause=0.01)
        running = asyncio.ensure_future(supervisor.run())
        while not seen:
            await asyncio.sleep(0)
            try:
                await supervisor.check()
            except Unavailable as error:
                seen.append(str(error))
        await asyncio.wait_for(ended.wait(), 5)
        await running
        await supervisor.check()
        assert await supervisor.metrics() == {
            'background_failures_total{task="task"}': 1
        }

    asyncio.run(main())
    assert len(begun) == 2 and seen == ["failed: task"] and "a defect" in caplog.text


def job_that(work: Callable[[], Awaitable[None]], attempts: int = 2) -> Job:
    return Job("accounts.job", "accounts", HOUR, attempts, work)


async def job_is_due(database: Database, jobs: Jobs, job: Job) -> None:
    await jobs.once(job)  # it knows when it is due from then on
    async with connected(database.module("accounts"), writing=True) as connection:
        await connection.execute(
            sa.update(AccountsUnitOfWork.jobs).values(due=now() - HOUR)
        )


def jobs_of(database: Database) -> Jobs:
    """As a copy of the app has them."""
    return Jobs(database, [], tables("shop", ["accounts"], "jobs"))


def test_of_several_copies_one_runs_a_job_and_waits_for_its_next_time(
    told: Callable[[Story], None],
) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)
        await asyncio.sleep(0)

    async def story(database: Database) -> None:
        copies, job = [jobs_of(database) for _ in range(3)], job_that(work)
        await job_is_due(database, copies[0], job)
        await asyncio.gather(*[jobs.once(job) for jobs in copies])
        assert len(runs) == 1
        assert await copies[1].once(job) > now() + timedelta(minutes=59)

    told(story)


def test_a_job_is_tried_again_then_given_up_and_can_be_replayed(
    told: Callable[[Story], None],
) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)
        if len(runs) <= 2:
            raise ValueError("not yet")

    async def story(database: Database) -> None:
        jobs, job = jobs_of(database), job_that(work)
        for _ in range(2):
            await job_is_due(database, jobs, job)
            await jobs.once(job)
        (letter,) = await dead(database, ["accounts"])
        assert "accounts.job" in letter and "not yet" in letter
        await replay(database, ["accounts"])
        await jobs.once(job)
        assert len(runs) == 3 and not await dead(database, ["accounts"])
        counted = await jobs.metrics()
        assert counted == {
            'job_runs_total{job="accounts.job",end="failed"}': 1,
            'job_runs_total{job="accounts.job",end="dead"}': 1,
            'job_runs_total{job="accounts.job",end="done"}': 1,
        }

    told(story)


def test_a_copy_that_is_stopped_gives_its_job_to_another(
    told: Callable[[Story], None],
) -> None:
    runs: list[int] = []
    begun = asyncio.Event()

    async def work() -> None:
        runs.append(1)
        begun.set()
        if len(runs) == 1:
            await asyncio.Event().wait()

    async def story(database: Database) -> None:
        stopped, another, job = jobs_of(database), jobs_of(database), job_that(work)
        await job_is_due(database, stopped, job)
        running = asyncio.ensure_future(stopped.once(job))
        await asyncio.wait_for(begun.wait(), 5)
        await another.once(job)
        assert len(runs) == 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await another.once(job)
        assert len(runs) == 2

    told(story)


def test_expired_sessions_and_old_requests_are_deleted_and_others_are_not(
    told: Callable[[Story], None],
) -> None:
    async def story(database: Database) -> None:
        relay = relay_of(database, Handlers())
        account = Account(email="a@example.com", password_hash="")
        fresh, _ = Session.begin(account, ("read",))
        unit = AccountsUnitOfWork(database, MemoryCache(), relay)
        unit.sessions.add(fresh)
        unit.sessions.add(
            Session(
                account_id=account.id,
                generation=1,
                tokens=(),
                expires_at=now() - timedelta(days=1),
            )
        )
        await unit.commit()
        at = {"old": now() - timedelta(days=31), "new": now() - timedelta(days=1)}
        rows = [
            {"key": key, "fingerprint": "", "at": moment} for key, moment in at.items()
        ]
        async with connected(database.module("accounts"), writing=True) as connection:
            await connection.execute(AccountsUnitOfWork.processed.insert(), rows)
        assert await Retention(database, AccountsUnitOfWork).once() == 2
        assert (
            await AccountsUnitOfWork(database, MemoryCache(), relay).sessions.get(
                fresh.id
            )
            == fresh
        )
        assert (
            await AccountsUnitOfWork(database, MemoryCache(), relay).find_processed(
                "new"
            )
            is not None
        )

    told(story)


def test_all_processes_count_as_one(told: Callable[[Story], None]) -> None:
    async def story(database: Database) -> None:
        relay = relay_of(database, Handlers())
        processes = [
            Throttle(partial(AccountsUnitOfWork, database, MemoryCache(), relay))
            for _ in range(2)
        ]
        await asyncio.gather(
            *(
                process.login_failed("a@example.com", "192.0.2.1")
                for process in processes * 5
            )
        )
        for process in processes:
            with pytest.raises(TooManyRequests):
                await process.login("a@example.com", "192.0.2.2")
            await process.login("b@example.com", "192.0.2.1")

    told(story)


def test_of_those_who_commit_at_once_each_hears_of_their_own(
    told: Callable[[Story], None],
) -> None:
    async def story(database: Database) -> None:
        relay = relay_of(database, Handlers())

        async def registered(email: str) -> None:
            unit = AccountsUnitOfWork(database, MemoryCache(), relay)
            unit.accounts.add(Account(email=email, password_hash=""))
            await unit.commit()

        emails = ["a@example.com", "b@example.com", "a@example.com", "c@example.com"]
        outcomes = await asyncio.gather(
            *map(registered, emails), return_exceptions=True
        )
        first, b, again, c = (type(outcome) for outcome in outcomes)
        assert b is c is type(None) and {first, again} == {type(None), Conflict}
        unit = AccountsUnitOfWork(database, MemoryCache(), relay)
        assert all([await unit.accounts.find("email", email) for email in emails])

    told(story)


def test_a_commit_that_nobody_waits_for_any_more_still_reaches_the_cache(
    told: Callable[[Story], None],
) -> None:
    async def story(database: Database) -> None:
        relay, cache = relay_of(database, Handlers()), MemoryCache()
        account = Account(email="a@example.com", password_hash="")
        unit = AccountsUnitOfWork(database, cache, relay)
        unit.accounts.add(account)
        await unit.commit()
        unit.accounts.save(account, account.evolve(verified=True))
        commit = asyncio.ensure_future(unit.commit())
        await asyncio.sleep(0.001)
        commit.cancel()
        async with asyncio.timeout(5):
            accounts = AccountsUnitOfWork(database, cache, relay).accounts
            while (seen := await accounts.read(account.id)) and not seen.verified:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert seen == await unit.accounts.get(account.id)

    told(story)
