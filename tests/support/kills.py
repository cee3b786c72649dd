"""Whatever of running services is killed, one after the other, while orders are placed:
a ledger says what became of them.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

from tests.support.ledger import Ledger, ledger
from tests.support.projects import until
from tests.support.stack import Stack
from tests.support.steady import Request, Steady, steady

PARTS = ("accounts", "inventory", "orders", "payments")
# the process itself, not its container: what restarts it is the engine
CRASH = "import os, signal; [os.kill(int(p), signal.SIGKILL) for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]"
# what a copy says of itself, whatever the others say
READY = "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/health/ready'); exit(c.getresponse().status != 200)"
ENOUGH = 3  # orders that are taken after one kill and before the next


def kill_everything(
    services: Stack,
    reads: Callable[[int], Request],
    workers: Sequence[str],
    servers: Sequence[str],
) -> tuple[Ledger, Steady]:
    """The ledger, settled and checked, and what became of `reads` of other parts while
    payments was gone.

    Killed are a copy of each part, each of `workers`, NGINX, each of `servers` (the
    cache, the broker, the database), and all of payments for 20 s.
    """
    with ledger(services) as book:
        for container in [
            *(services.copies(part)[0] for part in PARTS),
            *(services.copies(w)[0] for w in workers),
        ]:
            crash(container)
            taken(book)
        for name in ("nginx", *servers):
            fall(services, name, seconds=3)
            taken(book)
        # orders are taken again as soon as one copy has found the database again; what
        # is read now needs both
        until(
            lambda: all(ready(copy) for part in PARTS for copy in services.copies(part))
        )
        with steady(services.url, reads) as load:
            fall(services, "payments", "payments-worker", seconds=20)
        taken(book)
    waited = book.settled()
    print(f"settled {waited:.1f} s after the last order")
    assert len(book.acknowledged) > 100
    until(lambda: services.ask("/health/ready").status == 200)
    return book, load


def crash(container: str) -> None:
    """Kills what runs in it; it comes back by itself."""
    subprocess.run(
        ["docker", "exec", container, "python", "-c", CRASH],
        check=False,
        capture_output=True,
    )


def ready(container: str) -> bool:
    done = subprocess.run(
        ["docker", "exec", container, "python", "-c", READY],
        check=False,
        capture_output=True,
    )
    return done.returncode == 0


def fall(services: Stack, *names: str, seconds: float) -> None:
    """Kills whole services at once, and has them back after so many seconds."""
    services.compose("kill", *names)
    time.sleep(seconds)
    services.compose("start", *names)


def taken(book: Ledger) -> None:
    """Waits until orders are acknowledged again."""
    before = len(book.acknowledged)
    until(lambda: len(book.acknowledged) >= before + ENOUGH, 60)
