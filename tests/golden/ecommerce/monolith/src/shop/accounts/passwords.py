"""Password hashes: Argon2id with OWASP's parameters, off the event loop, and only so
many at once.

A password is hashed in its normal form (NFKC, as NIST SP 800-63B has it), so that it is
the same on every keyboard.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from shop.chassis.policy.errors import Unavailable

T = TypeVar("T")
HASH_TIMEOUT = 1.0  # seconds that a login waits for its turn
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # KiB


class Passwords:
    """`at_once`: so that a burst of logins leaves the processor to others; who would
    wait for long is sent away.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._turns = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        return await self._run(_hash, password)

    async def matches(self, password: str, known: str | None) -> bool:
        return await self.verified(password, known) is not None

    async def verified(self, password: str, known: str | None) -> str | None:
        """The hash to keep of this password: the one that is known, or a better one;
        None: it is not this password.

        Without an account (None) it takes as long, so that nobody learns who has one.
        """
        kept = await self._run(_verify, known, password)
        return kept if known is not None else None

    async def _run(self, work: Callable[..., T], *arguments: str | None) -> T:
        try:
            async with asyncio.timeout(HASH_TIMEOUT):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("Too many logins at once") from None
        try:
            return await to_thread.run_sync(work, *arguments)
        finally:
            self._turns.release()


def _hash(password: str) -> str:
    return HASHER.hash(unicodedata.normalize("NFKC", password))


def _verify(known: str | None, password: str) -> str | None:
    known = known or _dummy_hash()
    normal = unicodedata.normalize("NFKC", password)
    for form in dict.fromkeys((normal, password)):  # a hash may be older than this rule
        if _is(known, form):
            good = form == normal and not HASHER.check_needs_rehash(known)
            return known if good else HASHER.hash(normal)
    return None


def _is(known: str, password: str) -> bool:
    try:
        return HASHER.verify(known, password)
    except VerificationError:
        return False


@cache
def _dummy_hash() -> str:
    """A hash that no password has, as costly as any."""
    return HASHER.hash(secrets.token_urlsafe())
