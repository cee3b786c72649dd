"""Cache in Valkey (or Redis), for several processes.

While its server is away, reads go to the database.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from redis import asyncio as redis
from redis.exceptions import RedisError

from .batching import DataLoader
from .cache import Cache, keep_newer, lifetime

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds without asking a server that did not answer
MOST_OWED = 10_000  # entries; each expires by itself, too

# An entry is its version, sixteen digits in front, and the document. The script keeps
# the newer of two.
PUT = """
local old = redis.call('GETRANGE', KEYS[1], 0, 15)
if old == '' or old < ARGV[1] then redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3]) end
"""


class ValkeyCache(Cache):
    def __init__(self, url: str, prefix: str) -> None:
        super().__init__()
        self._client = _client(url)
        self._prefix = prefix
        self._gets: DataLoader[str, bytes] = DataLoader(self._get_all)
        self._puts: DataLoader[tuple[str, int, bytes], None] = DataLoader(self._put_all)
        # what the server did not hear yet
        self._owed: dict[str, tuple[int, bytes]] = {}
        self._away_until = 0.0

    async def get(self, key: str) -> bytes | None:
        return await self._gets.get(key)

    async def put(self, key: str, version: int, value: bytes) -> None:
        await self._puts.get((key, version, value))

    async def close(self) -> None:
        await self._client.aclose()

    async def _get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        if self._owed:
            await self._put_all(())
        names = [f"{self._prefix}:{key}" for key in keys]
        found = await self._asked(lambda: self._client.mget(names))
        if found is None:
            return {}
        return {
            key: entry[16:]
            for key, entry in zip(keys, found, strict=True)
            if entry is not None
        }

    async def _put_all(
        self, entries: Sequence[tuple[str, int, bytes]]
    ) -> Mapping[Any, None]:
        """A server that was away may hold what has changed since: it is told as soon as
        it answers.
        """
        owed = self._owed
        self._owed = {}
        for key, version, value in entries:
            keep_newer(owed, key, version, value)
        pipeline = self._client.pipeline(transaction=False)
        for key, (version, value) in owed.items():
            pipeline.eval(
                PUT,
                1,
                f"{self._prefix}:{key}",
                f"{version:016d}",
                value,
                int(lifetime() * 1000),
            )
        if await self._asked(pipeline.execute) is None:
            for key, (version, value) in list(owed.items())[-MOST_OWED:]:
                keep_newer(self._owed, key, version, value)
        return {}

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What the server says; None while it does not answer."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return await ask()
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning(
                "the cache does not answer, and is left alone for %s s: %r",
                PAUSE,
                error,
            )
            return None


def _client(url: str) -> Any:
    """A client (SystemExit: what is wrong with the URL, without the password)."""
    # valkeys:// and rediss:// are with TLS
    address = re.sub("^valkey", "redis", url.strip())
    try:
        client = redis.Redis.from_url(
            address, socket_timeout=0.5, socket_connect_timeout=0.5
        )
        pool: Any = client.connection_pool
        # says now, and not at the first request, what it does not know
        pool.make_connection()
    except TypeError as error:
        raise SystemExit(f"CACHE_URL cannot be used: {error}") from None
    except (ValueError, RedisError):
        form = "valkey://[USER]:PASSWORD@HOST:PORT/0, with TLS valkeys:// (or redis://, rediss://)"
        raise SystemExit(
            f"CACHE_URL is not {form}; what is special in the password is percent-encoded"
        ) from None
    return client
