"""Password hashes: Argon2id with OWASP's parameters, off the event loop, and only so many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from shop.chassis.errors import Unavailable

T = TypeVar("T")
PATIENCE = 1.0  # seconds that a login waits for its turn
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # KiB
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$3AX6bfYMVjzA7iiMvMrTtw$5pG1eLt5sVtlAp4g/J5gNcATfPzujdSGZ+ouo2Pyi2M"


class Passwords:
    """`at_once`: so that a burst of logins leaves the processor to others; who would wait for long is sent away."""

    def __init__(self, at_once: int = 1) -> None:
        self._turns = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        return await self._run(HASHER.hash, password)

    async def matches(self, password: str, known: str | None) -> bool:
        """Whether it is this password; without an account it takes as long, so that nobody learns who has one."""
        return await self._run(_verify, known or NOBODY, password) and known is not None

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("Too many logins at once") from None
        try:
            return await to_thread.run_sync(work, *arguments)
        finally:
            self._turns.release()


def _verify(known: str, password: str) -> bool:
    try:
        return HASHER.verify(known, password)
    except VerificationError:
        return False
