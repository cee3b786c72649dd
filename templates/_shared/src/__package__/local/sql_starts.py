"""`make cold-starts` on PostgreSQL (`cold_starts.py`): beside FastAPI with asyncpg and the
client of boto3 that makes its password, as one reaches RDS Proxy by hand.

The database is that of DATABASE_URL in the environment, where that is a PostgreSQL; else
one in a container, for as long as this runs. Neither side speaks TLS to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from urllib.parse import urlsplit

from .cold_starts import Bare, measure

IMAGE = "postgres:18"
BARE = """
import os

import asyncpg
import boto3
from fastapi import FastAPI
from mangum import Mangum

client = boto3.client("rds")
app = FastAPI()
connections = []


@app.get("/health/ready")
async def ready() -> dict[str, bool]:
    if not connections:
        url = os.environ["DATABASE_URL"]
        client.generate_db_auth_token("proxy.example.com", 5432, "app")
        connections.append(await asyncpg.connect(url))
    return {"found": bool(await connections[0].fetchval("SELECT 1"))}


handler = Mangum(app, lifespan="off")
"""
NEEDS = ("asyncpg", "fastapi", "mangum")
MESSAGE = {"handler": "no.one", "event": "{}"}


def main() -> None:
    with _postgres() as url:
        told = {"DATABASE_URL": url, "DATABASE_HOST": "", "DATABASE_OWNER": ""}
        measure(Bare(BARE, NEEDS, told, MESSAGE))


@contextmanager
def _postgres() -> Iterator[str]:
    """Its URL (SystemExit: there is none, and no container can be made)."""
    url = os.environ.get("DATABASE_URL", "")
    if urlsplit(url).scheme.startswith("postgres"):
        yield url.replace("+asyncpg", "")
        return
    name, password = f"cold-starts-{token_hex(4)}", token_hex(8)
    told = ("--env", f"POSTGRES_PASSWORD={password}", "--publish", "127.0.0.1::5432")
    try:
        _docker("run", "--detach", "--rm", "--name", name, *told, IMAGE)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            "no PostgreSQL to measure against: start Docker, or name one by "
            f"DATABASE_URL=postgresql://... ({getattr(error, 'stderr', error)})"
        )
    try:
        port = _docker("port", name, "5432/tcp").split(":")[-1].strip()
        for _ in range(300):
            try:  # by TCP, which it does not listen to while it makes its files
                _docker("exec", name, "pg_isready", "--host", "127.0.0.1")
                break
            except subprocess.CalledProcessError:
                time.sleep(0.2)
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        _docker("rm", "--force", "--volumes", name)


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
