"""Cache-aside in Valkey (or Redis), for several processes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from redis import asyncio as redis
from redis.exceptions import RedisError

from .cache_aside import lifetime
from .shared_cache import Entries, SharedCache

# An entry is its version, sixteen digits in front, and the document. The script keeps
# the newer of two.
PUT = """
local old = redis.call('GETRANGE', KEYS[1], 0, 15)
if old == '' or old < ARGV[1] then redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3]) end
"""
DIGITS = 16


class ValkeyCache(SharedCache):
    away = (RedisError, OSError)

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__(prefix)
        self._client = _client(url)

    async def close(self) -> None:
        await self._client.aclose()

    async def _read(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        found = await self._client.mget([self._name(key) for key in keys])
        documents = {}
        for key, entry in zip(keys, found, strict=True):
            if entry is not None:
                documents[key] = entry[DIGITS:]
        return documents

    async def _write(self, entries: Entries) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for key, (version, value) in entries.items():
            milliseconds = int(lifetime() * 1000)
            name = self._name(key)
            pipeline.eval(PUT, 1, name, f"{version:016d}", value, milliseconds)
        await pipeline.execute()


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
