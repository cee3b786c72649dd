"""What happens behind the requests: nothing is lost, nothing holds up the rest, and what has had its day is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from shop.accounts.domain import Account, Session
from shop.accounts.events import LinkRequested
from shop.accounts.repository import AccountsUnit
from shop.apps.letters import dead, replay
from shop.apps.schema.migrate import upgrade
from shop.chassis.cache import MemoryCache
from shop.chassis.entity import now
from shop.chassis.errors import Conflict, Unavailable
from shop.chassis.housekeeping import Housekeeping
from shop.chassis.outbox import ATTEMPTS, Relay
from shop.chassis.sql import Database
from shop.chassis.sql_connection import connected

Story = Callable[[Database], Awaitable[None]]
DUE = sa.update(AccountsUnit.outbox).where(AccountsUnit.outbox.c.due.is_not(None)).values(due=now())


@pytest.fixture
def told(tmp_path: Path) -> Callable[[Story], None]:
    """Runs a story on a database of its own."""

    async def run(story: Story) -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path}")
        await upgrade(database, ["accounts"])
        try:
            await story(database)
        finally:
            await database.close()

    return lambda story: asyncio.run(run(story))


async def asked(database: Database, relay: Relay, *emails: str) -> None:
    """Events that are to be delivered."""
    unit = AccountsUnit(database, MemoryCache(), relay)
    for email in emails:
        unit.publish(LinkRequested(email=email, purpose="verify-email"))
    await unit.commit()


async def everything_is_due(database: Database) -> None:
    async with connected(database.module("accounts"), writing=True) as connection:
        await connection.execute(DUE)


def test_a_poison_event_holds_up_no_other_and_can_be_replayed(told: Callable[[Story], None]) -> None:
    delivered: list[bytes] = []
    cured = False

    async def deliver(_: str, body: bytes) -> None:
        if b"poison" in body and not cured:
            raise ValueError("cannot be handled")
        delivered.append(body)

    async def story(database: Database) -> None:
        nonlocal cured
        relay = Relay(database, deliver)
        relay.watch(AccountsUnit)
        await asked(database, relay, "poison@example.com", "well@example.com")
        for _ in range(ATTEMPTS):
            await everything_is_due(database)
            await relay.relay_once("accounts")
        assert [b"well" in body for body in delivered] == [True]
        assert await relay.depth() == {"waiting": 0, "dead": 1}
        (letter,) = await dead(database, AccountsUnit)
        assert "cannot be handled" in letter
        cured = True
        await replay(database, AccountsUnit)
        assert await relay.relay_once("accounts") == 1
        assert await relay.depth() == {"waiting": 0, "dead": 0}
        assert len(delivered) == 2

    told(story)


def test_an_event_outlives_a_relay_that_dies_and_a_receiver_that_is_away(told: Callable[[Story], None]) -> None:
    delivered: list[bytes] = []

    async def away(_: str, body: bytes) -> None:
        raise Unavailable("away")

    async def dies(_: str, body: bytes) -> None:
        raise asyncio.CancelledError

    async def deliver(_: str, body: bytes) -> None:
        delivered.append(body)

    async def story(database: Database) -> None:
        relay = Relay(database, away)
        relay.watch(AccountsUnit)
        await asked(database, relay, "a@example.com")
        for _ in range(2 * ATTEMPTS):  # whoever is away comes back: such an event does not die
            await everything_is_due(database)
            await relay.relay_once("accounts")
        killed = Relay(database, dies)
        killed.watch(AccountsUnit)
        await everything_is_due(database)
        with pytest.raises(asyncio.CancelledError):
            await killed.relay_once("accounts")
        await everything_is_due(database)  # its lease is over
        another = Relay(database, deliver)
        another.watch(AccountsUnit)
        assert await another.relay_once("accounts") == 1
        assert len(delivered) == 1

    told(story)


def test_expired_sessions_and_old_requests_are_deleted_and_others_are_not(told: Callable[[Story], None]) -> None:
    async def story(database: Database) -> None:
        relay = Relay(database, lambda *_: asyncio.sleep(0))
        account = Account(email="a@example.com", password_hash="")
        fresh, _ = Session.begin(account, ("read",))
        unit = AccountsUnit(database, MemoryCache(), relay)
        unit.sessions.add(fresh)
        unit.sessions.add(Session(account_id=account.id, secret_hash="", expires_at=now() - timedelta(days=1)))
        await unit.commit()
        at = {"old": now() - timedelta(days=31), "new": now() - timedelta(days=1)}
        rows = [{"key": key, "fingerprint": "", "at": moment} for key, moment in at.items()]
        async with connected(database.module("accounts"), writing=True) as connection:
            await connection.execute(AccountsUnit.handled.insert(), rows)
        assert await Housekeeping(database, [AccountsUnit]).once() == 2
        assert await AccountsUnit(database, MemoryCache(), relay).sessions.get(fresh.id) == fresh
        assert await AccountsUnit(database, MemoryCache(), relay).find_handled("new") is not None

    told(story)


def test_of_those_who_commit_at_once_each_hears_of_their_own(told: Callable[[Story], None]) -> None:
    async def story(database: Database) -> None:
        relay = Relay(database, lambda *_: asyncio.sleep(0))

        async def registered(email: str) -> None:
            unit = AccountsUnit(database, MemoryCache(), relay)
            unit.accounts.add(Account(email=email, password_hash=""))
            await unit.commit()

        emails = ["a@example.com", "b@example.com", "a@example.com", "c@example.com"]
        outcomes = await asyncio.gather(*map(registered, emails), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), type(None), Conflict, type(None)]
        unit = AccountsUnit(database, MemoryCache(), relay)
        assert all([await unit.accounts.find("email", email) for email in emails])

    told(story)


def test_a_commit_that_nobody_waits_for_any_more_still_reaches_the_cache(told: Callable[[Story], None]) -> None:
    async def story(database: Database) -> None:
        relay, cache = Relay(database, lambda *_: asyncio.sleep(0)), MemoryCache()
        account = Account(email="a@example.com", password_hash="")
        unit = AccountsUnit(database, cache, relay)
        unit.accounts.add(account)
        await unit.commit()
        unit.accounts.save(account, account.changed(verified=True))
        commit = asyncio.ensure_future(unit.commit())
        await asyncio.sleep(0.001)
        commit.cancel()
        async with asyncio.timeout(5):
            while (seen := await AccountsUnit(database, cache, relay).accounts.read(account.id)) and not seen.verified:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert seen == await unit.accounts.get(account.id)

    told(story)
