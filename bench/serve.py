"""How fast a generated project serves, beside bare FastAPI apps that do the same work, in one run.

The ecommerce monolith on PostgreSQL and Valkey (containers of its own), two workers each, wrk with 64 connections: rounds
in turn, the first thrown away, and the median of the rounds' ratios. Needs Docker and wrk; takes about three minutes.
Prints one line a target and exits 1 when one is missed: `python bench/serve.py [NAME...]`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROUNDS, SECONDS, CONNECTIONS, WORKERS = 4, 4, 64, 2
ROWS = 100_000  # so that within a round no row is read twice, and the uncached read is one
PASSWORD = "bench-Password-1"  # noqa: S105 - of a server that lives for minutes, on this machine alone
EACH = """
local ids = {}
for line in io.lines("%(ids)s") do ids[#ids + 1] = line end
math.randomseed(%(seed)d)
local at = math.random(#ids)
function request()
  at = at %% #ids + 1
  return wrk.format("GET", "%(path)s" .. ids[at])
end
"""


class Round(NamedTuple):
    """Requests a second, latencies in milliseconds, and answers that were no success."""

    rate: float
    p50: float
    p99: float
    errors: int


def main(wanted: list[str]) -> int:
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="archgen-serve-")))
        bench = Bench(work, stack)
        held = [check(bench) for name, check in CHECKS.items() if not wanted or name in wanted]
    return 0 if all(held) else 1


class Bench:
    def __init__(self, work: Path, stack: ExitStack) -> None:
        self.work = work
        archgen = str(Path(sys.executable).parent / "archgen")
        run([archgen, "new", "shop", "--preset", "ecommerce", "--architecture", "monolith", "--no-input", "--no-git",
             "--output", str(work)], work)  # fmt: skip
        postgres = stack.enter_context(
            container("postgres:18", 5432, "POSTGRES_PASSWORD=bench", "POSTGRES_DB=app", "POSTGRES_USER=app")
        )
        valkey = stack.enter_context(container("valkey/valkey:9", 6379))
        self.env = {
            **os.environ,
            "PYTHONPATH": f"{work / 'shop/src'}:{HERE / 'peers'}",
            "DATABASE_URL": f"postgresql+asyncpg://app:bench@127.0.0.1:{postgres}/app",
            "CACHE_URL": f"valkey://127.0.0.1:{valkey}/0",
            "ADMIN_EMAIL": "admin@example.com",
            "ADMIN_PASSWORD": PASSWORD,
        }
        until(lambda: socket.create_connection(("127.0.0.1", valkey), 1).close())
        run([sys.executable, "-m", "shop.accounts.keys", ".keys"], work / "shop", self.env)
        until(lambda: run([sys.executable, "-m", "shop.apps.migrate"], work / "shop", self.env), 60)
        self.ours = stack.enter_context(self.served("shop.apps.app:create_app", work / "shop"))
        self.bare = stack.enter_context(self.served("bare:create_app", HERE / "peers"))
        credentials = {"email": "admin@example.com", "password": PASSWORD}
        self.token = until(lambda: ask(f"{self.ours}/api/auth/login", credentials))["access_token"]
        self.product = self.create("bench-0")
        self.ids = work / "ids"
        self.ids.write_text(self.fill(postgres))

    def create(self, sku: str) -> str:
        body = {"sku": sku, "name": "A book", "price": "9.99", "category": "book", "stock": 10_000_000}
        return str(ask(f"{self.ours}/api/products", body, self.token)["id"])

    def fill(self, port: int) -> str:
        """Rows like the first one; gives their ids, a line each."""
        sql = f"""INSERT INTO inventory.products (id, version, created_at, updated_at, sku, name, price, category, stock)
            SELECT gen_random_uuid(), 1, now(), now(), 'sku-' || n, 'A book', 9.99, 'book', 5
            FROM generate_series(1, {ROWS}) n RETURNING id"""  # noqa: S608 - a number of ours
        script = (
            "import asyncio, asyncpg, sys\n"
            "async def main():\n"
            f"    c = await asyncpg.connect('postgresql://app:bench@127.0.0.1:{port}/app')\n"
            "    print('\\n'.join(str(r[0]) for r in await c.fetch(sys.argv[1])))\n"
            "    await c.execute('ANALYZE')\n"
            "asyncio.run(main())\n"
        )
        return run([sys.executable, "-c", script, sql], self.work, self.env)

    @contextmanager
    def served(self, app: str, folder: Path) -> Iterator[str]:
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", app, "--factory", "--port", str(port), "--workers", str(WORKERS),
                   "--log-level", "warning", "--no-access-log"]  # fmt: skip
        with (self.work / f"{port}.log").open("w") as log:
            process = subprocess.Popen(command, cwd=folder, env=self.env, stdout=log, stderr=log)
        try:
            until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)

    def load(self, url: str, *, each: bool = False, connections: int = CONNECTIONS, seed: int = 0) -> Round:
        """One round of reads of this URL, or `each`: of what stands behind it with one id after the other."""
        command = ["wrk", "-t2", f"-c{connections}", f"-d{SECONDS}s", "--latency", "--timeout", "10s",
                   "-H", f"Authorization: Bearer {self.token}"]  # fmt: skip
        if each:
            script = self.work / "each.lua"
            script.write_text(EACH % {"ids": self.ids, "seed": seed, "path": "/" + url.split("/", 3)[3]})
            command += ["-s", str(script)]
        said = run([*command, url], self.work)
        bad = re.findall(r"(?:Non-2xx or 3xx responses: |connect |read |write |timeout )(\d+)", said)
        p50, p99 = (_ms(re.search(rf"{p}%\s+([\d.]+\w+)", said)[1]) for p in (50, 99))  # type: ignore[index]
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
        return Round(rate, p50, p99, sum(map(int, bad)))

    def paired(self, name: str, least: float, ours: str, bare: str, *, each: bool = False) -> bool:
        """Rounds in turn; whether ours reaches this share of the bare one."""
        rounds = [
            (self.load(f"{self.ours}{ours}", each=each, seed=n), self.load(f"{self.bare}{bare}", each=each, seed=n))
            for n in range(ROUNDS)
        ][1:]
        share = statistics.median(mine.rate / theirs.rate for mine, theirs in rounds)
        mine, theirs = (statistics.median(r[i].rate for r in rounds) for i in (0, 1))
        p99 = statistics.median(pair[0].p99 / pair[0].p50 for pair in rounds)
        errors = sum(pair[0].errors for pair in rounds)
        return told(name, share >= least and not errors,
                    f"{share:.0%} of bare (at least {least:.0%}): {mine:,.0f} of {theirs:,.0f} requests a second, "
                    f"p99 {p99:.1f} times p50, {errors} errors")  # fmt: skip


def cached(bench: Bench) -> bool:
    product = ask(f"{bench.ours}/api/products/{bench.product}", token=bench.token)
    import redis

    redis.Redis.from_url(bench.env["CACHE_URL"].replace("valkey", "redis")).set(
        f"bare:{bench.product}", json.dumps(product)
    )
    return bench.paired("cached read", 0.9, f"/api/products/{bench.product}", f"/cached/{bench.product}")


def uncached(bench: Bench) -> bool:
    return bench.paired("uncached read", 0.8, "/api/products/", "/core/", each=True)


def listed(bench: Bench) -> bool:
    return bench.paired("list of 20", 0.9, "/api/products", "/orm")


def connections(bench: Bench) -> bool:
    held = []
    for count in (100, 500):
        for name, path, each in (("cached", bench.product, False), ("uncached", "", True)):
            found = bench.load(f"{bench.ours}/api/products/{path}", each=each, connections=count, seed=count)
            held.append(told(f"{count} connections, {name}", not found.errors and found.p99 < 5 * found.p50,
                             f"{found.rate:,.0f} requests a second, p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms, "
                             f"{found.errors} errors"))  # fmt: skip
    return all(held)


CHECKS: dict[str, Callable[[Bench], bool]] = {
    "cached": cached,
    "uncached": uncached,
    "listed": listed,
    "connections": connections,
}


@contextmanager
def container(image: str, port: int, *env: str) -> Iterator[int]:
    """A server of this image, thrown away at the end; the port it has here."""
    options = [word for setting in env for word in ("--env", setting)]
    name = run(["docker", "run", "--detach", "--rm", "--publish", f"127.0.0.1::{port}", *options, image], HERE).strip()
    try:
        yield int(run(["docker", "port", name, str(port)], HERE).splitlines()[0].rpartition(":")[2])
    finally:
        run(["docker", "stop", "--time", "1", name], HERE)


def told(name: str, held: bool, what: str) -> bool:
    print(f"{'ok    ' if held else 'missed'} {name}: {what}", flush=True)
    return held


def ask(url: str, body: Any = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
        return json.load(answer)


def until(action: Callable[[], Any], seconds: float = 30) -> Any:
    """What the action gives as soon as it succeeds."""
    end = time.monotonic() + seconds
    while True:
        try:
            return action()
        except (OSError, subprocess.CalledProcessError):
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


def run(command: list[str], folder: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ms(text: str) -> float:
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


if __name__ == "__main__":
    if not (shutil.which("wrk") and shutil.which("docker")):
        sys.exit("wrk and Docker are needed")
    sys.exit(main(sys.argv[1:]))
