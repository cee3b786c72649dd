"""A PostgreSQL of a test's own, in a container, and a generated project's own code on
it, in this process.
"""

from __future__ import annotations

import importlib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any


@contextmanager
def postgres(connections: int = 100, *settings: str) -> Iterator[str]:
    """Its URL, up to the name of a database; gone at the end, with all that was in it.
    `settings`: as `wal_level=logical`.
    """
    name, password = f"archgen-{token_hex(6)}", token_hex(8)
    subprocess.run(
        ["docker", "run", "--detach", "--rm", "--name", name, "--env", f"POSTGRES_PASSWORD={password}", "--env", "LANG=C.UTF-8",
         "--publish", "127.0.0.1::5432", "postgres:18", "postgres", "-c", f"max_connections={connections}",
         "-c", "fsync=off", *(word for setting in settings for word in ("-c", setting))],
        check=True, capture_output=True,
    )  # fmt: skip
    try:
        port = docker("port", name, "5432/tcp").split(":")[-1].strip()
        url, deadline = (
            f"postgresql+asyncpg://postgres:{password}@127.0.0.1:{port}",
            time.monotonic() + 60,
        )
        while "accepting" not in docker(
            "exec", name, "pg_isready", "--host", "127.0.0.1", check=False
        ):
            assert time.monotonic() < deadline, docker("logs", name)
            time.sleep(0.2)
        yield url
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def docker(*arguments: str, check: bool = True) -> str:
    return subprocess.run(
        ["docker", *arguments], check=check, capture_output=True, text=True
    ).stdout


def module(package: str, name: str) -> Any:
    return importlib.import_module(f"{package}.{name}")
