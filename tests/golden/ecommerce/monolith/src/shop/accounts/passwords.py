"""Password hashes: Argon2id with OWASP's parameters, off the event loop, and only so many at once."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # KiB
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$3AX6bfYMVjzA7iiMvMrTtw$5pG1eLt5sVtlAp4g/J5gNcATfPzujdSGZ+ouo2Pyi2M"


class Passwords:
    def __init__(self, at_once: int = 4) -> None:
        self._limiter = CapacityLimiter(at_once)

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(HASHER.hash, password, limiter=self._limiter)

    async def matches(self, password: str, known: str | None) -> bool:
        """Whether it is this password; without an account it takes as long, so that nobody learns who has one."""
        return await to_thread.run_sync(_verify, known or NOBODY, password, limiter=self._limiter) and known is not None


def _verify(known: str, password: str) -> bool:
    try:
        return HASHER.verify(known, password)
    except VerificationError:
        return False
