"""Guessing is slowed down: after some failures an account, and an address, must wait."""

from __future__ import annotations

from shop.chassis.cache import Cache
from shop.chassis.errors import TooMany

LOGINS_OF_ACCOUNT, LOGINS_FROM_ADDRESS = 10, 100  # that failed, since the last one is some minutes old
LINKS_TO_ACCOUNT = 3


class Throttle:
    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def login(self, email: str, address: str) -> None:
        """Whether one may be tried (TooMany)."""
        await self._check(f"login:{email}", LOGINS_OF_ACCOUNT, 0)
        await self._check(f"login:{address}", LOGINS_FROM_ADDRESS, 0)

    async def login_failed(self, email: str, address: str) -> None:
        await self._cache.count(f"login:{email}")
        await self._cache.count(f"login:{address}")

    async def link(self, email: str) -> None:
        """Counts a mail to this address (TooMany: it had enough of them)."""
        await self._check(f"link:{email}", LINKS_TO_ACCOUNT + 1, 1)

    async def _check(self, key: str, most: int, by: int) -> None:
        if await self._cache.count(key, by) >= most:
            raise TooMany
