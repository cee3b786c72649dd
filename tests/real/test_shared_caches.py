"""Caches of several processes, on their real servers: a newer version never gives way
to an older one, whoever writes when.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from tests.parity.systems import write_project
from tests.support.postgres import module

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
COMMANDS = {
    "memcached": (
        "memcached:1.6",
        11211,
        'printf "app:secret\\n" > /tmp/people && exec memcached --auth-file=/tmp/people',
    ),
    "valkey": (
        "valkey/valkey:9",
        6379,
        "exec valkey-server --requirepass secret --save '' --appendonly no",
    ),
}
CLASSES = {"memcached": "MemcachedCache", "valkey": "ValkeyCache"}


class Server:
    """It in a container, on a port of its own; `package`: the project whose cache it
    is.
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.package = kind, f"{kind}_shop"
        image, port, command = COMMANDS[kind]
        self.name = f"archgen-{kind}-{token_hex(4)}"
        self.docker(
            *(
                "run",
                "--detach",
                "--name",
                self.name,
                "--publish",
                f"127.0.0.1::{port}",
            ),
            *("--entrypoint", "sh", image, "-c", command),
        )
        self.port = self.docker("port", self.name, f"{port}/tcp").split(":")[-1].strip()

    def docker(self, *arguments: str) -> str:
        return subprocess.run(
            ["docker", *arguments], check=True, capture_output=True, text=True
        ).stdout

    @property
    def url(self) -> str:
        user = "app" if self.kind == "memcached" else ""
        return f"{self.kind}://{user}:secret@127.0.0.1:{self.port}"

    @property
    def module(self) -> Any:
        return module(self.package, f"chassis.mechanism.{self.kind}")


@pytest.fixture(scope="module", params=list(COMMANDS))
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    containers: None,
) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    server = Server(request.param)
    try:
        answers = {"preset": "crud", "stack": {"cache": server.kind}}
        write_project(folder, server.package.replace("_", "-"), "monolith", answers)
        yield server
    finally:
        server.docker("rm", "--force", "--volumes", server.name)


def cache(server: Server, prefix: str) -> Any:
    return getattr(server.module, CLASSES[server.kind])(server.url, prefix)


async def answering(server: Server) -> None:
    """Waits for the server: what is put is there."""
    for number in range(300):
        one = cache(server, f"probe-{token_hex(4)}")
        await one.put("key", number, b"there")
        found = await one.get("key")
        await one.close()
        if found == b"there":
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{server.kind} did not answer")


def test_of_writers_in_several_processes_the_newest_wins(server: Server) -> None:
    async def scenario() -> None:
        await answering(server)
        caches = [cache(server, "race") for _ in range(4)]
        versions = list(range(1, 101))
        random.shuffle(versions)

        async def write(version: int) -> None:
            await caches[version % 4].put("row", version, str(version).encode())

        seen: list[int] = []

        async def read() -> None:
            for _ in range(50):
                found = await caches[0].get("row")
                if found is not None:
                    seen.append(int(found))

        await asyncio.gather(read(), *[write(version) for version in versions])
        assert await caches[1].get("row") == b"100"
        assert seen == sorted(seen)
        for one in caches:
            await one.close()

    asyncio.run(scenario())


def test_an_older_version_and_one_of_a_deleted_row_come_back_neither_now_nor_within_one_batch(
    server: Server,
) -> None:
    async def scenario() -> None:
        await answering(server)
        one = cache(server, "older")
        await one.put("row", 5, b"five")
        await one.put("row", 4, b"four")
        assert await one.get("row") == b"five"
        await asyncio.gather(one.put("row", 7, b""), one.put("row", 6, b"six"))
        assert await one.get("row") == b""
        assert await one.get("nothing") is None
        await one.close()

    asyncio.run(scenario())


def test_what_is_very_large_hides_what_was_there_be_it_kept_or_not(
    server: Server,
) -> None:
    async def scenario() -> None:
        await answering(server)
        one = cache(server, "large")
        await one.put("row", 1, b"small")
        await one.put("row", 2, b"x" * 2_000_000)
        kept = await one.get("row")
        assert kept is None or len(kept) == 2_000_000
        await one.put("row", 1, b"small")
        assert await one.get("row") == kept
        await one.close()

    asyncio.run(scenario())


def test_a_server_that_was_away_is_told_what_changed_meanwhile(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        await answering(server)
        monkeypatch.setattr(
            module(server.package, "chassis.mechanism.shared_cache"), "PAUSE", 0.0
        )
        one = cache(server, "away")
        await one.put("row", 1, b"one")
        assert await one.get("row") == b"one"
        server.docker("pause", server.name)
        try:
            await one.put("row", 2, b"two")
            assert await one.get("row") is None
        finally:
            server.docker("unpause", server.name)
        for _ in range(100):
            found = await one.get("row")
            assert found != b"one"
            if found == b"two":
                break
            await asyncio.sleep(0.1)
        assert found == b"two"
        await one.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("url", ["other://host", "{}://app:secret@host:port"])
def test_an_address_that_cannot_be_used_is_told_without_its_password(
    server: Server, url: str
) -> None:
    with pytest.raises(
        SystemExit, match=f"CACHE_URL is not {server.kind}://"
    ) as caught:
        getattr(server.module, CLASSES[server.kind])(url.format(server.kind), "shop")
    assert "secret" not in str(caught.value)
