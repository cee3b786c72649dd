"""The cache in Valkey (or Redis), for several processes. Without its server, reads go to the database."""

from __future__ import annotations

import logging
from typing import Any

from redis import asyncio as redis
from redis.exceptions import RedisError

from .cache import TTL

log = logging.getLogger(__name__)

# An entry is its version, sixteen digits in front, and the document. The script keeps the newer of two.
PUT = """
local old = redis.call('GETRANGE', KEYS[1], 0, 15)
if old == '' or old < ARGV[1] then redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3]) end
"""


class ValkeyCache:
    def __init__(self, url: str, prefix: str, ttl: float = TTL) -> None:
        self._client: Any = redis.Redis.from_url(
            url.replace("valkey://", "redis://", 1), socket_timeout=0.25, socket_connect_timeout=0.25
        )
        self._put = self._client.register_script(PUT)
        self._prefix = prefix
        self._ttl = int(ttl * 1000)

    async def get(self, key: str) -> bytes | None:
        try:
            entry = await self._client.get(f"{self._prefix}:{key}")
        except (RedisError, OSError) as error:
            log.warning("cache unreachable: %s", error)
            return None
        return None if entry is None else bytes(entry[16:])

    async def put(self, key: str, version: int, value: bytes) -> None:
        try:
            await self._put(keys=[f"{self._prefix}:{key}"], args=[f"{version:016d}", value, self._ttl])
        except (RedisError, OSError) as error:
            log.warning("cache unreachable: %s", error)

    async def close(self) -> None:
        await self._client.aclose()
