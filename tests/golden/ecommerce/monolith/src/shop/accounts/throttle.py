"""Rate limit by what was done lately: guessing is slowed down, and so is asking which
addresses have an account.

The counters lie in the database, so that all processes count as one, functions too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol, Self
from uuid import NAMESPACE_OID, UUID, uuid5

from shop.chassis.mechanism import audit
from shop.chassis.mechanism.persistence import Repository, UnitOfWork
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.entity import Entity, now
from shop.chassis.policy.errors import Conflict, StaleVersion, TooManyRequests

COUNT_RETENTION = timedelta(minutes=5)  # after a count last rose
LOGINS_OF_ACCOUNT, LOGINS_FROM_ADDRESS = 10, 100  # that failed
LINKS_TO_ACCOUNT = 3
# who registers is told that the account is there
TAKEN_TO_ADDRESS, TAKEN_TO_NETWORK = 30, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter(Entity):
    """Its id stands for what is counted."""

    count: int = 1
    expires_at: datetime = field(default_factory=lambda: now() + COUNT_RETENTION)

    def risen(self) -> Self:
        at = now()
        return self.evolve(
            count=self.count + 1 if at < self.expires_at else 1,
            expires_at=at + COUNT_RETENTION,
        )


class Unit(UnitOfWork, Protocol):
    @property
    def counters(self) -> Repository[Counter]: ...


class Throttle:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    async def login(self, email: str, address: str) -> None:
        """Whether one may be tried (TooManyRequests)."""
        client, _ = networks(address)
        try:
            await self._check(f"login:{email}", LOGINS_OF_ACCOUNT)
            await self._check(f"login:{client}", LOGINS_FROM_ADDRESS)
        except TooManyRequests:
            audit.record("login_refused", email=email)
            raise

    async def login_failed(self, email: str, address: str) -> None:
        """Counts it (TooManyRequests: so many failed at once that nobody is told of
        this one).
        """
        client, _ = networks(address)
        of_account = await self._count(f"login:{email}")
        if of_account == LOGINS_OF_ACCOUNT:
            audit.record("account_locked", email=email)
        if await self._count(f"login:{client}") == LOGINS_FROM_ADDRESS:
            audit.record("address_locked", network=client)
        if of_account > LOGINS_OF_ACCOUNT:
            raise TooManyRequests

    async def link(self, email: str) -> None:
        """Counts a mail to this address (TooManyRequests: it had enough of them, and
        one that is refused counts no more).
        """
        await self._check(f"link:{email}", LINKS_TO_ACCOUNT)
        if await self._count(f"link:{email}") > LINKS_TO_ACCOUNT:
            raise TooManyRequests

    async def register(self, address: str) -> None:
        """Whether one may be tried (TooManyRequests)."""
        client, network = networks(address)
        await self._check(f"taken:{client}", TAKEN_TO_ADDRESS)
        await self._check(f"taken:{network}", TAKEN_TO_NETWORK)

    async def register_taken(self, address: str) -> None:
        client, network = networks(address)
        if await self._count(f"taken:{client}") == TAKEN_TO_ADDRESS:
            audit.record("address_locked", network=client)
        if await self._count(f"taken:{network}") == TAKEN_TO_NETWORK:
            audit.record("address_locked", network=network)

    async def _check(self, key: str, most: int) -> None:
        counter = await self._units().counters.get(_id(key))
        if counter is not None and counter.count >= most and now() < counter.expires_at:
            raise TooManyRequests

    @retry_on_conflict
    async def _count(self, key: str) -> int:
        """How often it was lately, with this time."""
        unit = self._units()
        before = await unit.counters.get(_id(key))
        if before is None:
            after = Counter(id=_id(key))
            unit.counters.add(after)
        else:
            after = before.risen()
            unit.counters.save(before, after)
        try:
            await unit.commit()
        except Conflict as error:  # another process was the first to count this
            raise StaleVersion from error
        return after.count


def networks(address: str) -> tuple[str, str]:
    """Who counts as one client, and the network around it.

    Of IPv6 a household has a /64, and a site a /48.
    """
    try:
        found = ip_address(address)
    except ValueError:  # not a network's: a test, or a socket of this machine
        return address, address
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    near, far = (32, 24) if found.version == 4 else (64, 48)
    client, network = (
        ip_network((found.packed, length), strict=False) for length in (near, far)
    )
    return str(client), str(network)


def _id(key: str) -> UUID:
    return uuid5(NAMESPACE_OID, key)
