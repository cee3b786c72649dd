"""The servers: PostgreSQL and Valkey in containers, the generated monolith and its bare
peer beside it, NGINX in front.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent.parent
WORKERS = 2
ROWS = (
    100_000  # so that within a round no row is read twice, and the uncached read is one
)
PASSWORD = "bench-Password-1"  # noqa: S105 - of a server that lives for minutes, on this machine alone
DATABASE_PASSWORD = "bench"  # noqa: S105 - of one that is seen by this machine alone
TABLES = """
import asyncio, os, sqlalchemy as sa
from bench.peers import checkout
from sqlalchemy.ext.asyncio import create_async_engine
async def main():
    async with create_async_engine(os.environ["DATABASE_URL"]).begin() as connection:
        await connection.execute(sa.schema.CreateSchema("bare"))
        await connection.run_sync(checkout.metadata.create_all)
asyncio.run(main())
"""
CONFIGURATION = "deploy/nginx/templates/default.conf.template"
OWN_CACHE = """
proxy_cache_path /tmp/own keys_zone=own:10m max_size=64m use_temp_path=off;
server {
    listen %(port)d;
    location / {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_cache own;
        proxy_pass http://app;
    }
}
"""


class Server:
    """Two workers of uvicorn, and where they answer."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process, self.url = process, url

    def spent(self) -> float:
        """Seconds of processor time that its workers have taken: what other programs do
        meanwhile is not in it.
        """
        ticks = 0
        for worker in workers_of(self.process):
            after_name = (
                Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            )
            ticks += int(after_name[11]) + int(after_name[12])  # utime and stime
        return ticks / os.sysconf("SC_CLK_TCK")


class Stage:
    """`ours`, `bare`: where the two answer; `token`: of staff; `product`: one that
    exists, `ids`: a file of many.

    `rounds` of so many `seconds` are what a target is measured by; `told`: the lines
    that were printed of them, and whether the target was met; `peer`: where another
    template was cloned to.
    """

    def __init__(
        self, work: Path, stack: ExitStack, rounds: int, seconds: int, peer: Path | None
    ) -> None:
        self.work, self.stack, self.peer = work, stack, peer
        self.rounds, self.seconds = rounds, seconds
        self.told: list[tuple[str, bool]] = []
        archgen = str(Path(sys.executable).parent / "archgen")
        run([archgen, "new", "shop", "--preset", "ecommerce", "--architecture", "monolith", "--no-input", "--no-git",
             "--output", str(work)], work)  # fmt: skip
        postgres = stack.enter_context(
            container(
                "postgres:18",
                5432,
                f"POSTGRES_PASSWORD={DATABASE_PASSWORD}",
                "POSTGRES_DB=app",
                "POSTGRES_USER=app",
            )
        )
        valkey = stack.enter_context(container("valkey/valkey:9", 6379))
        self.postgres, self.valkey = postgres, valkey
        self.database = f"postgresql://app:{DATABASE_PASSWORD}@127.0.0.1:{postgres}/app"
        self.env = {
            **os.environ,
            "PYTHONPATH": f"{work / 'shop/src'}:{HERE}",
            "DATABASE_URL": self.database.replace("://", "+asyncpg://"),
            "CACHE_URL": f"valkey://127.0.0.1:{valkey}/0",
            "ADMIN_EMAIL": "admin@example.com",
            "ADMIN_PASSWORD": PASSWORD,
        }
        until(lambda: socket.create_connection(("127.0.0.1", valkey), 1).close())
        run(
            [sys.executable, "-m", "shop.accounts.keys", ".keys"],
            work / "shop",
            self.env,
        )
        until(
            lambda: run(
                [sys.executable, "-m", "shop.apps.migrate"], work / "shop", self.env
            ),
            60,
        )
        app = [sys.executable, "-m", "uvicorn", "shop.apps.app:create_app", "--factory"]
        self.server = stack.enter_context(
            self.served("shop", app, work / "shop", self.env)
        )
        self.ours = self.server.url
        run([sys.executable, "-c", TABLES], work, self.env)
        bare = [
            sys.executable,
            "-m",
            "uvicorn",
            "bench.peers.bare:create_app",
            "--factory",
        ]
        self.bare_server = stack.enter_context(
            self.served("bare", bare, HERE, self.env)
        )
        self.bare = self.bare_server.url
        self.token = until(self.login)
        body = {
            "sku": "bench-0",
            "name": "A book",
            "price": "9.99",
            "category": "book",
            "stock": 10_000_000,
        }
        self.product = str(ask(f"{self.ours}/api/products", body, self.token)["id"])
        self.ids = work / "ids"
        self.ids.write_text(self._fill())

    def login(self) -> str:
        """A fresh token of staff; one is good for 15 minutes."""
        credentials = {"email": "admin@example.com", "password": PASSWORD}
        return str(ask(f"{self.ours}/api/auth/login", credentials)["access_token"])

    def sql(self, *statements: str, database: str = "app") -> list[list[Any]]:
        """What the last of the statements gives."""
        import asyncio

        import asyncpg

        async def ask() -> list[list[Any]]:
            connection = await asyncpg.connect(self.database, database=database)
            try:
                found: list[Any] = []
                for statement in statements:
                    found = await connection.fetch(statement)
                return [list(row) for row in found]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def cache(self) -> Any:
        """A client of Valkey."""
        import redis

        return redis.Redis(port=self.valkey)

    def fronted(self, app: str = "") -> tuple[str, str]:
        """Where NGINX answers before that app: with the project's configuration, and
        with nothing but a cache of its own.
        """
        port, own = free_port(), free_port()
        project = self.work / "shop"
        text = (project / CONFIGURATION).read_text()
        for name in ("RATE", "LOGIN_RATE"):
            text = text.replace(f"${{{name}}}", "1000000")
        text = text.replace("${CONNECTIONS}", "65535")  # the most that NGINX takes
        for name in ("CORS_ORIGINS", "REAL_IP", "PROXIES"):
            text = text.replace(f"${{{name}}}", "")
        # as it is, but for what containers know each other by: the app is on this
        # machine, under one address
        text = re.sub(
            r"server app:8000 resolve",
            f"server 127.0.0.1:{(app or self.ours).rpartition(':')[2]}",
            text,
        )
        text = re.sub(r"\n *resolver 127.*", "", text).replace(
            "listen 8080;", f"listen {port};"
        )
        rendered = self.work / "nginx.conf"
        rendered.write_text(text + OWN_CACHE % {"port": own})
        options = ["--network", "host", "--volume", f"{rendered}:/etc/nginx/conf.d/default.conf:ro",
                   "--volume", f"{project}/deploy/nginx/tls:/etc/nginx/tls:ro",
                   "--volume", f"{project}/deploy/static:/srv/static:ro", "nginxinc/nginx-unprivileged:1.30"]  # fmt: skip
        # what it does not take is said here
        run(["docker", "run", "--rm", *options, "nginx", "-t"], HERE)
        self.stack.enter_context(started(*options))
        until(lambda: ask(f"http://127.0.0.1:{port}/health/ready"))
        return f"http://127.0.0.1:{port}", f"http://127.0.0.1:{own}"

    @contextmanager
    def deployed(self) -> Iterator[str]:
        """Where the project answers when it is run as in its containers: by its own
        server, two copies.
        """
        port = free_port()
        start = f"from shop.apps import serve; serve.ADDRESS = ('127.0.0.1', {port}); serve.main()"
        command = [sys.executable, "-c", start]
        copies = [subprocess.Popen(command, cwd=self.work / "shop", env=self.env, stderr=subprocess.DEVNULL)
                  for _ in range(WORKERS)]  # fmt: skip
        try:
            until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), 120)
            time.sleep(3)  # for the other copy
            yield f"http://127.0.0.1:{port}"
        finally:
            for copy in copies:
                end(copy)

    def _fill(self) -> str:
        """Rows like the first one; gives their ids, a line each."""
        rows = self.sql(
            f"""INSERT INTO inventory.products (id, version, created_at, updated_at, sku, name, price, category, stock)
            SELECT gen_random_uuid(), 1, now(), now(), 'sku-' || n, 'A book', 9.99, 'book', 1000000
            FROM generate_series(1, {ROWS}) n""",  # noqa: S608 - a number of ours
            "ANALYZE",
            "SELECT id FROM inventory.products WHERE stock = 1000000",
        )
        return "\n".join(str(row[0]) for row in rows)

    @contextmanager
    def served(
        self, name: str, uvicorn: list[str], folder: Path, env: dict[str, str]
    ) -> Iterator[Server]:
        """The app of this command, two workers of it; what they say goes to NAME.log."""
        port = free_port()
        command = [
            *uvicorn,
            "--port",
            str(port),
            "--workers",
            str(WORKERS),
            "--log-level",
            "warning",
            "--no-access-log",
        ]
        written = self.work / f"{name}.log"
        with written.open("w") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=env, stdout=log, stderr=log
            )
        try:
            until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), 120)
            yield Server(process, f"http://127.0.0.1:{port}")
        except OSError:
            print(written.read_text()[-2000:], file=sys.stderr)
            raise
        finally:
            end(process)


class Failed(subprocess.CalledProcessError):
    """A command failed, and this is what it said."""

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.stderr}"


@contextmanager
def started(*options: str) -> Iterator[str]:
    """A container, thrown away at the end; its name."""
    name = run(["docker", "run", "--detach", "--rm", *options], HERE).strip()
    try:
        yield name
    finally:
        run(["docker", "stop", "--time", "1", name], HERE)


@contextmanager
def container(image: str, port: int, *env: str) -> Iterator[int]:
    """A server of this image; the port that it has here."""
    settings = [word for setting in env for word in ("--env", setting)]
    with started("--publish", f"127.0.0.1::{port}", *settings, image) as name:
        yield int(
            run(["docker", "port", name, str(port)], HERE)
            .splitlines()[0]
            .rpartition(":")[2]
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends it and its workers: kindly, and by force where that takes too long."""
    workers = workers_of(process)
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        process.wait()


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def ask(url: str, body: Any = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {token}"} if token else {}
    )
    request = urllib.request.Request(
        url, json.dumps(body).encode() if body is not None else None, headers
    )  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
        return json.load(answer)


def until(action: Callable[[], Any], seconds: float = 60) -> Any:
    """What the action gives as soon as it succeeds; why it failed is said at the end
    alone.
    """
    last = time.monotonic() + seconds
    while True:
        try:
            return action()
        except (OSError, subprocess.CalledProcessError) as error:
            if time.monotonic() > last:
                print(getattr(error, "stderr", None) or error, file=sys.stderr)
                raise
            time.sleep(0.3)


def run(command: list[str], folder: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True)
    if done.returncode:
        raise Failed(done.returncode, command, done.stdout, done.stderr[-2000:])
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
