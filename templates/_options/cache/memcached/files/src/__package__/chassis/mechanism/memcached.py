"""Cache-aside in Memcached, for several processes.

Without its server, reads go to the database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import emcache

from .batching import DataLoader
from .cache import Cache, keep_newer, lifetime

log = logging.getLogger(__name__)
TIMEOUT = 0.5  # seconds
PAUSE = 1.0  # seconds without asking a server that did not answer
CONNECTIONS = 8
MAX_OWED = 10_000  # entries; each expires by itself, too
MAX_SIZE = 900_000  # bytes; the server takes a megabyte, with what it writes around
ROUNDS = 20
AWAY = (
    OSError,
    asyncio.TimeoutError,
    emcache.CommandError,
    emcache.ClusterNoAvailableNodes,
)

# An entry is its version, sixteen digits in front, then whether the document follows,
# and the document. One that is too large is not kept; its version is, so that an older
# one does not come back.
DIGITS = 16
WITH_DOCUMENT = b"="
WITHOUT_DOCUMENT = b"-"
Puts = Mapping[str, tuple[int, bytes]]


class MemcachedCache(Cache):
    def __init__(self, url: str, prefix: str) -> None:
        super().__init__()
        self._address = _address(url)
        self._prefix = prefix
        self._client: emcache.Client | None = None
        self._opening = asyncio.Lock()
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
        if self._client is not None:
            await self._client.close()

    async def _get_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        if self._owed:
            await self._put_all(())
        found = await self._asked(lambda: self._read(keys))
        if found is None:
            return {}
        documents = {}
        for key, entry in found.items():
            kind = entry[DIGITS : DIGITS + 1]
            if kind == WITH_DOCUMENT:
                documents[key] = entry[DIGITS + 1 :]
        return documents

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
        written = await self._asked(lambda: self._write(owed))
        if written is None:
            latest = list(owed.items())[-MAX_OWED:]
            for key, (version, value) in latest:
                keep_newer(self._owed, key, version, value)
        return {}

    async def _read(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        client = await self._opened()
        found = await client.get_many([self._name(key) for key in keys])
        entries = {}
        for key in keys:
            item = found.get(self._name(key))
            if item is not None:
                entries[key] = item.value
        return entries

    async def _write(self, entries: Puts) -> bool:
        """Compare and swap of each: whoever loses looks again, and gives way to what is
        newer.
        """
        client = await self._opened()
        left = dict(entries)
        for _ in range(ROUNDS):
            if not left:
                return True
            there = await client.gets_many([self._name(key) for key in left])
            swaps = []
            for key, (version, value) in left.items():
                name = self._name(key)
                swaps.append(_swap(client, name, there.get(name), version, value))
            written = await asyncio.gather(*swaps)
            for key, done in zip(list(left), written, strict=True):
                if done:
                    del left[key]
        raise emcache.StorageCommandError("others are always quicker")

    def _name(self, key: str) -> bytes:
        return f"{self._prefix}:{key}".encode()

    async def _opened(self) -> emcache.Client:
        async with self._opening:
            if self._client is None:
                self._client = await _connect(self._address)
            return self._client

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Circuit breaker: what the server says; None while it does not answer."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return await ask()
        except AWAY as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning(
                "the cache does not answer, and is left alone for %s s: %r",
                PAUSE,
                error,
            )
            return None


async def _swap(
    client: emcache.Client,
    name: bytes,
    there: emcache.Item | None,
    version: int,
    value: bytes,
) -> bool:
    """Whether this version, or a newer one, is there now."""
    digits = f"{version:0{DIGITS}d}".encode()
    entry = digits + WITH_DOCUMENT + value
    if len(value) > MAX_SIZE:
        entry = digits + WITHOUT_DOCUMENT
    seconds = int(lifetime())
    try:
        if there is None:
            await client.add(name, entry, exptime=seconds)
        elif there.value[:DIGITS] < digits and there.cas is not None:
            await client.cas(name, entry, there.cas, exptime=seconds)
    except emcache.StorageCommandError:
        return False  # another was quicker, or what was there is gone
    return True


async def _connect(address: SplitResult) -> emcache.Client:
    return await emcache.create_client(
        [emcache.MemcachedHostAddress(address.hostname or "", address.port or 11211)],
        timeout=TIMEOUT,
        connection_timeout=TIMEOUT,
        max_connections=CONNECTIONS,
        ssl=address.scheme == "memcacheds",
        username=unquote(address.username or "") or None,
        password=unquote(address.password or "") or None,
    )


def _address(url: str) -> SplitResult:
    """Where it is (SystemExit: what is wrong with the URL, without the password)."""
    form = "memcached://[USER:PASSWORD@]HOST[:11211], with TLS memcacheds://"
    wrong = SystemExit(
        f"CACHE_URL is not {form}; what is special in the password is percent-encoded"
    )
    try:
        address = urlsplit(url.strip())
        port = address.port
    except ValueError:
        raise wrong from None
    if address.scheme not in ("memcached", "memcacheds"):
        raise wrong
    if not address.hostname or port == 0:
        raise wrong
    return address
