"""How fast a generated project serves, beside bare FastAPI apps that do the same work,
in one run.

The ecommerce monolith on PostgreSQL and Valkey (containers of its own), two workers
each, wrk with 64 connections: rounds in turn, the first pair thrown away, and the
median of the pairs' ratios. Needs Docker and wrk; takes about eight minutes. Prints
what it measured on, one line a target, and at the end the targets that were missed;
exits 1 when one was.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.serving import logins, orders
from bench.serving.peer import NotHad, set_up
from bench.serving.stage import WORKERS, Stage, ask
from bench.serving.wrk import CONNECTIONS, GET, Round, load, paired, reads, told

# What ours reaches of the other's rate, at least; the other is the bare app unless it
# is named.
ONE_PRODUCT, MANY_PRODUCTS = 0.85, 0.60  # of NGINX's own cache
CACHED, UNCACHED, LISTED, SETTLED = 1.05, 1.25, 0.90, 1.10
PEER = 3.0
TAIL = 5  # p99 of p50, at most
MANY = 500  # each is made anew once a second: more than a small machine can make would measure the machine


def main(wanted: list[str], rounds: int, seconds: int, peer: Path | None) -> int:
    with ExitStack() as stack:
        work = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="archgen-serve-"))
        )
        print(conditions(rounds, seconds), flush=True)
        stage = Stage(work, stack, rounds, seconds, peer)
        for name in wanted or CHECKS:
            stage.token = stage.login()
            CHECKS[name](stage)
    missed = [line for line, held in stage.told if not held]
    print(f"\n{len(missed)} of {len(stage.told)} targets missed", *missed, sep="\n")
    return 1 if missed else 0


def conditions(rounds: int, seconds: int) -> str:
    """What the figures depend on."""
    cores, busy = os.cpu_count() or 1, os.getloadavg()[0]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("fastapi", "uvicorn", "sqlalchemy")
    )
    shared = (
        "; others are at work here, so trust the ratios alone, and those little"
        if busy > cores / 4
        else ""
    )
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, {cores} cores with a load of {busy:.1f} before{shared}\n"
        f"Python {platform.python_version()}, {versions}; {WORKERS} workers each; wrk with {CONNECTIONS} connections, "
        f"{rounds} rounds of {seconds} s, the first thrown away"
    )


def anonymous(stage: Stage) -> None:
    front, own = stage.fronted()
    path = f"/api/products/{stage.product}"
    mine, theirs = (reads(stage, f"{url}{path}", token="") for url in (front, own))
    paired(
        stage,
        "anonymous read through NGINX, one product",
        ONE_PRODUCT,
        mine,
        theirs,
        "its own cache",
    )
    mine, theirs = (warmed(stage, f"{url}/api/products/") for url in (front, own))
    name = f"anonymous read through NGINX, {MANY:,} products"
    paired(stage, name, MANY_PRODUCTS, mine, theirs, "its own cache")


def warmed(stage: Stage, url: str) -> Callable[[int], Round]:
    """Rounds of reads of many, each right after some that are not counted, until each
    product was read twice.

    What is kept for a second is gone after the other's round.
    """
    one = reads(stage, url, each=True, most=MANY, token="")

    def again(number: int) -> Round:
        answered = 0.0
        while answered < 2 * MANY:
            answered += one(number).rate * stage.seconds
        return one(number)

    return again


def cached(stage: Stage) -> None:
    product = ask(f"{stage.ours}/api/products/{stage.product}", token=stage.token)
    stage.cache().set(f"bare:{stage.product}", json.dumps(product))
    mine = reads(
        stage, f"{stage.ours}/api/products/{stage.product}", server=stage.server
    )
    bare = reads(
        stage, f"{stage.bare}/cached/{stage.product}", server=stage.bare_server
    )
    paired(stage, "cached read", CACHED, mine, bare)


def uncached(stage: Stage) -> None:
    bare = reads(stage, f"{stage.bare}/core/", each=True, server=stage.bare_server)
    paired(stage, "uncached read", UNCACHED, uncached_reads(stage), bare)


def uncached_reads(stage: Stage) -> Callable[[int], Round]:
    forget = stage.cache().flushdb
    return reads(
        stage,
        f"{stage.ours}/api/products/",
        each=True,
        server=stage.server,
        before=forget,
    )


def listed(stage: Stage) -> None:
    mine = reads(stage, f"{stage.ours}/api/products", server=stage.server)
    paired(
        stage,
        "list of 20",
        LISTED,
        mine,
        reads(stage, f"{stage.bare}/orm", server=stage.bare_server),
    )


def settled(stage: Stage) -> None:
    paired(stage, "orders settled", SETTLED, orders.ours(stage), orders.bare(stage))


def connections(stage: Stage) -> None:
    with stage.deployed() as ours:
        for count in (64, 100, 500):
            for name, url, request in (
                ("cached", f"{ours}/api/products/{stage.product}", ""),
                ("uncached", f"{ours}/api/products/", GET % "/api/products/"),
            ):
                stage.cache().flushdb()
                rounds = [
                    load(stage, url, request=request, connections=count, number=n)
                    for n in range(3)
                ]
                tail(stage, f"{count} connections, {name}", rounds)


def crowd(stage: Stage) -> None:
    """500 clients of NGINX who show a token, so that each answer is the app's own."""
    with stage.deployed() as ours:
        front, _ = stage.fronted(ours)
        url = f"{front}/api/products/{stage.product}"
        rounds = [load(stage, url, connections=500, number=n) for n in range(3)]
    tail(stage, "500 clients through NGINX", rounds)


def tail(stage: Stage, name: str, rounds: list[Round]) -> None:
    """Whether the slow answers are not much slower than the others, by the round in the
    middle, and none failed.
    """
    found = sorted(rounds, key=lambda r: r.p99 / r.p50)[1]
    errors = sum(r.errors for r in rounds)
    told(stage, name, not errors and found.p99 < TAIL * found.p50,
                f"{found.rate:,.0f} a second, p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms, "
                f"{found.p99 / found.p50:.1f} times (under {TAIL}), {errors} errors")  # fmt: skip


def beside_peer(stage: Stage) -> None:
    """A row by its id with a bearer token, of ours and of another template."""
    try:
        peer = set_up(stage)
    except NotHad as error:
        print(f"not measured: a peer's read by id: {error}", flush=True)
        return
    print(f"the peer has {peer.versions}", flush=True)
    ours = reads(
        stage, f"{stage.ours}/api/products/{stage.product}", server=stage.server
    )
    theirs = reads(
        stage, f"{peer.items}{peer.item}", token=peer.token, server=peer.server
    )
    paired(stage, "read by id with a token, one row", PEER, ours, theirs, "the peer")
    theirs = reads(
        stage, peer.items, each=True, token=peer.token, ids=peer.ids, server=peer.server
    )
    name = "read by id with a token, each row once, nothing cached"
    paired(stage, name, PEER, uncached_reads(stage), theirs, "the peer")


CHECKS: dict[str, Callable[[Stage], None]] = {
    "anonymous": anonymous,
    "cached": cached,
    "uncached": uncached,
    "listed": listed,
    "settled": settled,
    "connections": connections,
    "crowd": crowd,
    "logins": logins.check,
    "peer": beside_peer,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="How fast a generated project serves, beside others in the same run."
    )
    parser.add_argument(
        "checks",
        nargs="*",
        metavar="CHECK",
        help=f"{', '.join(CHECKS)}; all unless some are named",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        help="pairs of a comparison; the first is thrown away",
    )
    parser.add_argument("--seconds", type=int, default=3, help="of a round")
    parser.add_argument(
        "--peer",
        type=Path,
        metavar="FOLDER",
        help="a clone of fastapi/full-stack-fastapi-template",
    )
    said = parser.parse_args()
    if unknown := set(said.checks) - set(CHECKS):
        parser.error(
            f"not measured: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}"
        )
    if said.rounds < 2:
        parser.error("--rounds: at least 2, since the first is thrown away")
    return said


if __name__ == "__main__":
    if not (shutil.which("wrk") and shutil.which("docker")):
        sys.exit("wrk and Docker are needed")
    said = arguments()
    sys.exit(main(said.checks, said.rounds, said.seconds, said.peer))
