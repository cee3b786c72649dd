"""Cache-aside in Memcached, for several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

import emcache

from .cache_aside import lifetime
from .shared_cache import Entries, SharedCache

TIMEOUT = 0.5  # seconds
CONNECTIONS = 8
MAX_SIZE = 900_000  # bytes; the server takes a megabyte, with what it writes around
ROUNDS = 20

# An entry is its version, sixteen digits in front, then whether the document follows,
# and the document. One that is too large is not kept; its version is, so that an older
# one does not come back.
DIGITS = 16
WITH_DOCUMENT = b"="
WITHOUT_DOCUMENT = b"-"


class MemcachedCache(SharedCache):
    away = (
        OSError,
        asyncio.TimeoutError,
        emcache.CommandError,
        emcache.ClusterNoAvailableNodes,
    )

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__(prefix)
        self._address = _address(url)
        self._client: emcache.Client | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _read(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        client = await self._opened()
        found = await client.get_many([self._bytes(key) for key in keys])
        documents = {}
        for key in keys:
            item = found.get(self._bytes(key))
            if item is None:
                continue
            kind = item.value[DIGITS : DIGITS + 1]
            if kind == WITH_DOCUMENT:
                documents[key] = item.value[DIGITS + 1 :]
        return documents

    async def _write(self, entries: Entries) -> None:
        """Compare and swap of each: whoever loses looks again, and gives way to what is
        newer.
        """
        client = await self._opened()
        left = dict(entries)
        for _ in range(ROUNDS):
            if not left:
                return
            there = await client.gets_many([self._bytes(key) for key in left])
            swaps = []
            for key, (version, value) in left.items():
                name = self._bytes(key)
                swaps.append(_swap(client, name, there.get(name), version, value))
            written = await asyncio.gather(*swaps)
            for key, done in zip(list(left), written, strict=True):
                if done:
                    del left[key]
        raise emcache.StorageCommandError("others are always quicker")

    def _bytes(self, key: str) -> bytes:
        return self._name(key).encode()

    async def _opened(self) -> emcache.Client:
        async with self._opening:
            if self._client is None:
                self._client = await _connect(self._address)
            return self._client


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
