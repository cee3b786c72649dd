"""How fast a generated project serves, beside bare FastAPI apps that do the same work, in one run.

The ecommerce monolith on PostgreSQL and Valkey (containers of its own), two workers each, wrk with 64 connections: rounds
in turn, the first pair thrown away, and the median of the pairs' ratios. Needs Docker and wrk; takes about five minutes.
Prints one line a target and exits 1 when one is missed: `python bench/serve.py [NAME...]`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.serving import logins, orders
from bench.serving.stage import Stage, ask
from bench.serving.wrk import GET, load, paired, reads, told


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - set(CHECKS):
        sys.exit(f"Not measured: {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="archgen-serve-")))
        stage = Stage(work, stack)
        held = []
        for name, check in CHECKS.items():
            if not wanted or name in wanted:
                stage.token = stage.login()
                held.append(check(stage))
    return 0 if all(held) else 1


def anonymous(stage: Stage) -> bool:
    front, own = stage.fronted()
    held = []
    for name, each, most in (("one product", False, 1), ("2,000 products", True, 2000)):
        path = "/api/products/" + ("" if each else stage.product)
        mine, peer = (reads(stage, f"{url}{path}", each=each, most=most, token=False) for url in (front, own))
        held.append(paired(f"anonymous read through NGINX, {name}", 0.5, mine, peer, "its own cache"))
    return all(held)


def cached(stage: Stage) -> bool:
    import redis

    product = ask(f"{stage.ours}/api/products/{stage.product}", token=stage.token)
    valkey = redis.Redis.from_url(stage.env["CACHE_URL"].replace("valkey", "redis"))
    valkey.set(f"bare:{stage.product}", json.dumps(product))
    mine = reads(stage, f"{stage.ours}/api/products/{stage.product}")
    return paired("cached read", 0.9, mine, reads(stage, f"{stage.bare}/cached/{stage.product}"))


def uncached(stage: Stage) -> bool:
    mine = reads(stage, f"{stage.ours}/api/products/", each=True)
    return paired("uncached read", 0.8, mine, reads(stage, f"{stage.bare}/core/", each=True))


def listed(stage: Stage) -> bool:
    return paired("list of 20", 0.9, reads(stage, f"{stage.ours}/api/products"), reads(stage, f"{stage.bare}/orm"))


def settled(stage: Stage) -> bool:
    return paired("orders settled", 0.8, orders.ours(stage), orders.bare(stage))


def connections(stage: Stage) -> bool:
    held = []
    with stage.deployed() as ours:
        for count in (64, 100, 500):
            for name, url, request in (
                ("cached", f"{ours}/api/products/{stage.product}", ""),
                ("uncached", f"{ours}/api/products/", GET % "/api/products/"),
            ):
                rounds = [load(stage, url, request=request, connections=count, seed=count + n) for n in range(3)]
                found = sorted(rounds, key=lambda r: r.p99 / r.p50)[1]
                errors = sum(r.errors for r in rounds)
                held.append(told(f"{count} connections, {name}", not errors and found.p99 < 5 * found.p50,
                                 f"{found.rate:,.0f} a second, p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms, "
                                 f"{found.p99 / found.p50:.1f} times (under 5), {errors} errors"))  # fmt: skip
    return all(held)


CHECKS: dict[str, Callable[[Stage], bool]] = {
    "anonymous": anonymous,
    "cached": cached,
    "uncached": uncached,
    "listed": listed,
    "settled": settled,
    "connections": connections,
    "logins": logins.check,
}

if __name__ == "__main__":
    if not (shutil.which("wrk") and shutil.which("docker")):
        sys.exit("wrk and Docker are needed")
    sys.exit(main(sys.argv[1:]))
